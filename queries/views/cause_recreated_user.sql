-- ---
-- id  = "views/cause_recreated_user"
-- doc = "Folded names of the Identity Center users that had another id at the baseline, which is gone."
-- ---
SELECT DISTINCT u.user_name_folded AS name_folded
FROM identity_center_user AS u
JOIN baseline_identity_center_user AS b
  ON b.user_name_folded = u.user_name_folded
LEFT JOIN baseline_identity_center_user AS same
  ON same.user_id = u.user_id
LEFT JOIN identity_center_user AS still
  ON still.user_id = b.user_id
WHERE same.user_id IS NULL
  AND still.user_id IS NULL
