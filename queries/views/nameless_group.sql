-- ---
-- id  = "views/nameless_group"
-- doc = "Entra groups whose name could not be read: whether they carry the prefix is not known."
-- ---
SELECT
  group_key,
  group_id,
  created_at
FROM entra_group
WHERE prefixed IS NULL
