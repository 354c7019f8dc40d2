-- ---
-- id  = "views/missing_team_group"
-- doc = "Synced GitHub teams without an Identity Center group of their name, and whether that is in flight."
-- ---
WITH
  target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM identity_center_group
  ),
  made AS (
    SELECT
      team_folded,
      MAX(occurred_at) AS made_at
    FROM github_audit_event
    WHERE action IN ('team.create', 'team.rename')
    GROUP BY team_folded
  ),
  was_source AS (
    SELECT DISTINCT slug_folded
    FROM baseline_github_team
  ),
  was_target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM baseline_identity_center_group
  )
SELECT
  t.team_key AS team_key,
  t.slug AS slug,
  t.created_at AS created_at,
  CASE
    WHEN t.created_at >= grace.grace_cutoff
      OR e.made_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (ws.slug_folded IS NULL OR wt.name_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM synced_team AS t
CROSS JOIN github_grace AS grace
LEFT JOIN target AS g
  ON g.name_folded = t.slug_folded
LEFT JOIN made AS e
  ON e.team_folded = t.slug_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = t.slug_folded
LEFT JOIN was_target AS wt
  ON wt.name_folded = t.slug_folded
WHERE g.name_folded IS NULL
