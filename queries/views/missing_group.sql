-- ---
-- id  = "views/missing_group"
-- doc = "Prefixed Entra groups without an Identity Center group of their name, and whether that is in flight; excluded groups are left out."
-- ---
WITH
  target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM identity_center_group
  ),
  added AS (
    SELECT
      group_id,
      MAX(occurred_at) AS added_at
    FROM entra_change
    WHERE activity = 'Add group'
    GROUP BY group_id
  ),
  was_source AS (
    SELECT DISTINCT
      group_id,
      display_name_folded AS name_folded
    FROM baseline_entra_group
    WHERE prefixed = TRUE
  ),
  was_target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM baseline_identity_center_group
  )
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.created_at AS created_at,
  CASE
    WHEN g.created_at >= grace.grace_cutoff
      OR a.added_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (ws.group_id IS NULL OR wt.name_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM prefixed_group AS g
CROSS JOIN entra_grace AS grace
LEFT JOIN target AS t
  ON t.name_folded = g.display_name_folded
LEFT JOIN excluded_group AS x
  ON x.name_folded = g.display_name_folded
LEFT JOIN added AS a
  ON a.group_id = g.group_id
LEFT JOIN was_source AS ws
  ON ws.group_id = g.group_id
  AND ws.name_folded = g.display_name_folded
LEFT JOIN was_target AS wt
  ON wt.name_folded = g.display_name_folded
WHERE t.name_folded IS NULL
  AND x.name_folded IS NULL
