-- ---
-- id  = "views/prefixed_group"
-- doc = "Entra groups whose name carries the configured prefix: the ones that the sync copies."
-- ---
SELECT
  group_key,
  group_id,
  display_name,
  display_name_folded,
  created_at
FROM entra_group
WHERE prefixed = TRUE
