-- ---
-- id  = "views/privileged_access"
-- doc = "Who holds a privileged permission set on an account: one row per person, account, permission set and path, the person named by the user name, or by the user id where the name could not be read."
-- ---
SELECT
  u.user_id AS user_id,
  u.user_name_folded AS person_folded,
  COALESCE(u.user_name, u.user_id) AS person,
  a.account AS account,
  a.permission_set AS permission_set,
  a.severity AS severity,
  a.group_name_folded AS group_name_folded,
  CONCAT('group ', a.group_label) AS path
FROM group_assignment AS a
JOIN identity_center_membership AS m
  ON m.ic_group_key = a.ic_group_key
JOIN identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
WHERE a.privileged = TRUE
UNION ALL
SELECT
  u.user_id AS user_id,
  u.user_name_folded AS person_folded,
  COALESCE(u.user_name, u.user_id) AS person,
  a.account AS account,
  a.permission_set AS permission_set,
  a.severity AS severity,
  NULL AS group_name_folded,
  'direct assignment' AS path
FROM assignment AS a
JOIN identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
WHERE a.privileged = TRUE
