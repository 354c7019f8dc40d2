-- ---
-- id  = "views/prefixed_identity_center_group"
-- doc = "Identity Center groups whose name carries the configured prefix, and those without a name: the ones that the Entra sync may own."
-- ---
SELECT
  ic_group_key,
  group_id,
  display_name,
  display_name_folded,
  prefixed,
  created_at
FROM identity_center_group
WHERE prefixed = TRUE
  OR prefixed IS NULL
