-- ---
-- id  = "views/teamless_group"
-- doc = "Identity Center groups without the prefix that no team, declaration or setting names, and whether that is in flight."
-- ---
WITH
  team AS (
    SELECT DISTINCT slug_folded
    FROM github_team
  ),
  declared AS (
    SELECT DISTINCT group_name_folded
    FROM (
      SELECT group_name_folded
      FROM declared_assignment
      UNION ALL
      SELECT value_folded AS group_name_folded
      FROM setting_access_implicit
    ) AS named
  ),
  removed AS (
    SELECT
      team_folded,
      MAX(occurred_at) AS removed_at
    FROM github_audit_event
    WHERE action = 'team.destroy'
    GROUP BY team_folded
  ),
  was_source AS (
    SELECT DISTINCT slug_folded
    FROM baseline_github_team
  ),
  was_target AS (
    SELECT DISTINCT group_id
    FROM baseline_identity_center_group
  )
SELECT
  g.ic_group_key AS ic_group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.created_at AS created_at,
  CASE
    WHEN g.created_at >= grace.grace_cutoff
      OR r.removed_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (wt.group_id IS NULL OR ws.slug_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM unprefixed_identity_center_group AS g
CROSS JOIN github_grace AS grace
LEFT JOIN team AS t
  ON t.slug_folded = g.display_name_folded
LEFT JOIN declared AS d
  ON d.group_name_folded = g.display_name_folded
LEFT JOIN excluded_group AS x
  ON x.name_folded = g.display_name_folded
LEFT JOIN removed AS r
  ON r.team_folded = g.display_name_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = g.display_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = g.group_id
WHERE g.display_name_folded IS NOT NULL
  AND t.slug_folded IS NULL
  AND d.group_name_folded IS NULL
  AND x.name_folded IS NULL
