-- ---
-- id  = "views/nameless_identity_center_group"
-- doc = "Identity Center groups whose name could not be read: which source they were copied from is not known."
-- ---
SELECT
  ic_group_key,
  group_id,
  created_at
FROM identity_center_group
WHERE display_name_folded IS NULL
