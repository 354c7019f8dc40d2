-- ---
-- id  = "views/group_with_nameless_user"
-- doc = "Folded names of the Identity Center groups with a member whose user name could not be read: who is missing from them cannot be told."
-- ---
SELECT DISTINCT group_name_folded
FROM identity_center_person
WHERE user_name_folded IS NULL
  AND group_name_folded IS NOT NULL
