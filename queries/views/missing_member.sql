-- ---
-- id  = "views/missing_member"
-- doc = "Whom the Entra sync should have put into an existing Identity Center group and who is not there; whether that is in flight, whether a name that could not be read may be theirs, and whether the baseline shows them there."
-- ---
WITH
  present AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM identity_center_person
  ),
  added AS (
    SELECT
      CASE WHEN activity = 'Add owner to group' THEN 'owner' ELSE 'member' END AS via,
      group_id,
      user_id,
      MAX(occurred_at) AS added_at
    FROM entra_change
    WHERE activity IN ('Add member to group', 'Add owner to group')
    GROUP BY
      CASE WHEN activity = 'Add owner to group' THEN 'owner' ELSE 'member' END,
      group_id,
      user_id
  ),
  was_source AS (
    SELECT DISTINCT
      b.group_id AS group_id,
      b.group_name_folded AS group_name_folded,
      b.person_id AS person_id,
      b.address_folded AS address_folded
    FROM baseline_group_person AS b
    CROSS JOIN setting AS s
    WHERE b.via = 'member'
      OR s.identity_center_sync_owners = TRUE
  ),
  was_target AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM baseline_person
  )
SELECT
  p.group_key AS group_key,
  p.group_id AS group_id,
  p.group_name AS group_name,
  p.group_name_folded AS group_name_folded,
  p.person_id AS person_id,
  p.address AS address,
  p.address_folded AS address_folded,
  p.via AS via,
  p.person_created_at AS person_created_at,
  g.display_name AS identity_center_group,
  q.group_name_folded IS NOT NULL
    OR y.user_name_folded IS NOT NULL
    OR z.nameless > 0 AS unread,
  wt.user_name_folded IS NOT NULL AS was_there,
  CASE
    WHEN p.person_created_at >= grace.grace_cutoff
      OR p.group_created_at >= grace.grace_cutoff
      OR g.created_at >= grace.grace_cutoff
      OR a.added_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (ws.person_id IS NULL OR wt.user_name_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM synced_principal AS p
JOIN identity_center_group AS g
  ON g.display_name_folded = p.group_name_folded
CROSS JOIN entra_grace AS grace
LEFT JOIN present AS t
  ON t.group_name_folded = p.group_name_folded
  AND t.user_name_folded = p.address_folded
LEFT JOIN group_with_nameless_user AS q
  ON q.group_name_folded = p.group_name_folded
LEFT JOIN nameless_identity_center_group_user AS y
  ON y.user_name_folded = p.address_folded
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS nameless
  FROM nameless_identity_center_group_user
  WHERE user_name_folded IS NULL
) AS z
LEFT JOIN excluded_group AS x
  ON x.name_folded = p.group_name_folded
LEFT JOIN added AS a
  ON a.group_id = p.group_id
  AND a.user_id = p.person_id
  AND a.via = p.via
LEFT JOIN was_source AS ws
  ON ws.group_id = p.group_id
  AND ws.group_name_folded = p.group_name_folded
  AND ws.person_id = p.person_id
  AND ws.address_folded = p.address_folded
LEFT JOIN was_target AS wt
  ON wt.group_name_folded = p.group_name_folded
  AND wt.user_name_folded = p.address_folded
WHERE t.user_name_folded IS NULL
  AND x.name_folded IS NULL
