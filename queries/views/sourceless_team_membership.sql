-- ---
-- id  = "views/sourceless_team_membership"
-- doc = "Identity Center memberships of team groups whose user is neither in the GitHub team nor in a child team; whether that is in flight, and whether it is doubtful because a login could not be read."
-- ---
WITH
  source AS (
    SELECT DISTINCT
      slug_folded,
      user_name_folded
    FROM team_person
  ),
  doubt AS (
    SELECT DISTINCT slug_folded
    FROM team_person
    WHERE login IS NULL
  ),
  removed AS (
    SELECT
      slug_folded,
      user_name_folded,
      MAX(occurred_at) AS removed_at
    FROM (
      SELECT
        t.slug_folded AS slug_folded,
        CONCAT(e.user_folded, s.identity_center_github_suffix_folded) AS user_name_folded,
        e.occurred_at AS occurred_at
      FROM github_audit_event AS e
      JOIN github_team AS v
        ON v.slug_folded = e.team_folded
      JOIN github_team_ancestor AS a
        ON a.team_key = v.team_key
      JOIN github_team AS t
        ON t.team_key = a.ancestor_key
      CROSS JOIN setting AS s
      WHERE e.action = 'team.remove_member'
        AND e.user_folded IS NOT NULL
    ) AS event
    GROUP BY
      slug_folded,
      user_name_folded
  ),
  gone AS (
    SELECT
      CONCAT(e.user_folded, s.identity_center_github_suffix_folded) AS user_name_folded,
      MAX(e.occurred_at) AS gone_at
    FROM github_audit_event AS e
    CROSS JOIN setting AS s
    WHERE e.action = 'org.remove_member'
      AND e.user_folded IS NOT NULL
    GROUP BY CONCAT(e.user_folded, s.identity_center_github_suffix_folded)
  ),
  was_source AS (
    SELECT DISTINCT
      slug_folded,
      user_name_folded
    FROM baseline_team_person
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
  m.slug AS slug,
  m.user_name AS user_name,
  m.user_name_folded AS user_name_folded,
  m.membership_created_at AS membership_created_at,
  q.slug_folded IS NOT NULL AS doubtful,
  CASE
    WHEN m.membership_created_at >= grace.grace_cutoff
      OR m.user_created_at >= grace.grace_cutoff
      OR m.ic_group_created_at >= grace.grace_cutoff
      OR m.team_created_at >= grace.grace_cutoff
      OR r.removed_at >= grace.grace_cutoff
      OR d.gone_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (wt.user_id IS NULL OR ws.user_name_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM team_membership AS m
CROSS JOIN github_grace AS grace
LEFT JOIN source AS s
  ON s.slug_folded = m.slug_folded
  AND s.user_name_folded = m.user_name_folded
LEFT JOIN doubt AS q
  ON q.slug_folded = m.slug_folded
LEFT JOIN removed AS r
  ON r.slug_folded = m.slug_folded
  AND r.user_name_folded = m.user_name_folded
LEFT JOIN gone AS d
  ON d.user_name_folded = m.user_name_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = m.slug_folded
  AND ws.user_name_folded = m.user_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = m.ic_group_id
  AND wt.user_id = m.ic_user_id
WHERE s.user_name_folded IS NULL
