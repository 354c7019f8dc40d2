-- ---
-- id  = "views/sourceless_membership"
-- doc = "Identity Center memberships of prefixed groups whose user is neither member nor owner of the Entra group; whether that is in flight, and whether it is doubtful because a name could not be read."
-- ---
WITH
  source AS (
    SELECT DISTINCT
      group_name_folded,
      address_folded
    FROM entra_group_person
  ),
  doubt AS (
    SELECT DISTINCT group_name_folded
    FROM (
      SELECT group_name_folded
      FROM entra_group_stranger
      UNION ALL
      SELECT g.display_name_folded AS group_name_folded
      FROM entra_change AS e
      JOIN prefixed_group AS g
        ON g.group_id = e.group_id
      JOIN entra_user AS u
        ON u.user_id = e.user_id
      WHERE e.activity IN ('Remove member from group', 'Remove owner from group')
        AND COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) IS NULL
    ) AS vague
  ),
  removed AS (
    SELECT
      g.display_name_folded AS group_name_folded,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
      MAX(e.occurred_at) AS removed_at
    FROM entra_change AS e
    JOIN prefixed_group AS g
      ON g.group_id = e.group_id
    JOIN entra_user AS u
      ON u.user_id = e.user_id
    WHERE e.activity IN ('Remove member from group', 'Remove owner from group')
    GROUP BY
      g.display_name_folded,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
  ),
  gone AS (
    SELECT
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
      MAX(e.occurred_at) AS gone_at
    FROM entra_change AS e
    JOIN entra_user AS u
      ON u.user_id = COALESCE(e.user_id, e.target_id)
    WHERE e.activity = 'Delete user'
    GROUP BY COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
  ),
  was_source AS (
    SELECT DISTINCT
      group_name_folded,
      address_folded
    FROM baseline_group_person
  ),
  was_target AS (
    SELECT DISTINCT
      group_id,
      user_id
    FROM baseline_person
  )
SELECT
  m.ic_group_key AS ic_group_key,
  m.ic_user_key AS ic_user_key,
  m.ic_user_id AS ic_user_id,
  m.group_name AS group_name,
  m.group_name_folded AS group_name_folded,
  m.user_name AS user_name,
  m.user_name_folded AS user_name_folded,
  m.membership_created_at AS membership_created_at,
  q.group_name_folded IS NOT NULL
    OR y.address_folded IS NOT NULL
    OR z.strangers > 0 AS doubtful,
  CASE
    WHEN m.membership_created_at >= grace.grace_cutoff
      OR m.user_created_at >= grace.grace_cutoff
      OR m.ic_group_created_at >= grace.grace_cutoff
      OR m.entra_group_created_at >= grace.grace_cutoff
      OR r.removed_at >= grace.grace_cutoff
      OR d.gone_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (wt.user_id IS NULL OR ws.address_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM prefixed_membership AS m
CROSS JOIN entra_grace AS grace
LEFT JOIN source AS s
  ON s.group_name_folded = m.group_name_folded
  AND s.address_folded = m.user_name_folded
LEFT JOIN doubt AS q
  ON q.group_name_folded = m.group_name_folded
LEFT JOIN nameless_group_address AS y
  ON y.address_folded = m.user_name_folded
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS strangers
  FROM nameless_group_address
  WHERE address_folded IS NULL
) AS z
LEFT JOIN removed AS r
  ON r.group_name_folded = m.group_name_folded
  AND r.address_folded = m.user_name_folded
LEFT JOIN gone AS d
  ON d.address_folded = m.user_name_folded
LEFT JOIN was_source AS ws
  ON ws.group_name_folded = m.group_name_folded
  AND ws.address_folded = m.user_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = m.ic_group_id
  AND wt.user_id = m.ic_user_id
WHERE s.address_folded IS NULL
