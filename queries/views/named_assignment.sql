-- ---
-- id  = "views/named_assignment"
-- doc = "Assignments by name: account, permission set and principal."
-- ---
SELECT
  a.account AS account,
  a.permission_set AS permission_set,
  a.principal_type AS principal_type,
  COALESCE(g.display_name, u.user_name, a.principal_id) AS principal,
  a.principal_id AS principal_id,
  a.severity AS severity
FROM assignment AS a
LEFT JOIN identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
LEFT JOIN identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
