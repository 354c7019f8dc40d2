-- ---
-- id  = "views/approval_before_recreation"
-- doc = "Prefixed groups whose approval carries no object id, and whose name belonged to another object in the baseline; no rows without one."
-- ---
SELECT DISTINCT
  g.group_key AS group_key,
  was.group_id AS former_id
FROM approval_that_counts AS r
JOIN prefixed_group AS g
  ON g.group_key = r.group_key
JOIN baseline_entra_group AS was
  ON was.display_name_folded = g.display_name_folded
LEFT JOIN baseline_entra_group AS same
  ON same.group_id = g.group_id
WHERE r.approved_id IS NULL
  AND was.group_id <> g.group_id
  AND same.group_id IS NULL
