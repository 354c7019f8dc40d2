-- ---
-- id  = "views/unprefixed_identity_center_group"
-- doc = "Identity Center groups whose name does not carry the configured prefix, and those without a name: the ones that the GitHub sync may own."
-- ---
SELECT
  ic_group_key,
  group_id,
  display_name,
  display_name_folded,
  prefixed,
  created_at
FROM identity_center_group
WHERE (prefixed IS DISTINCT FROM TRUE)
