-- ---
-- id  = "views/sourceless_group"
-- doc = "Identity Center groups with the prefix and no Entra group of their name, and whether that is in flight; excluded groups are left out."
-- ---
WITH
  source AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM prefixed_group
  ),
  deleted AS (
    SELECT
      target_name_folded,
      MAX(occurred_at) AS deleted_at
    FROM entra_change
    WHERE activity = 'Delete group'
    GROUP BY target_name_folded
  ),
  was_source AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM baseline_entra_group
    WHERE prefixed = TRUE
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
      OR d.deleted_at >= grace.grace_cutoff
      OR (grace.baseline_fits = TRUE AND (wt.group_id IS NULL OR ws.name_folded IS NOT NULL))
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM prefixed_identity_center_group AS g
CROSS JOIN entra_grace AS grace
LEFT JOIN source AS s
  ON s.name_folded = g.display_name_folded
LEFT JOIN excluded_group AS x
  ON x.name_folded = g.display_name_folded
LEFT JOIN deleted AS d
  ON d.target_name_folded = g.display_name_folded
LEFT JOIN was_source AS ws
  ON ws.name_folded = g.display_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = g.group_id
WHERE g.prefixed = TRUE
  AND s.name_folded IS NULL
  AND x.name_folded IS NULL
