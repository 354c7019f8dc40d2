-- ---
-- id  = "views/baseline_named_assignment"
-- doc = "Assignments of the baseline by name: account, permission set and principal."
-- ---
SELECT
  COALESCE(c.label, a.account_id) AS account,
  COALESCE(p.name, a.permission_set_arn) AS permission_set,
  a.principal_type AS principal_type,
  COALESCE(g.display_name, u.user_name, a.principal_id) AS principal,
  a.principal_id AS principal_id
FROM baseline_account_assignment AS a
LEFT JOIN baseline_aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN baseline_permission_set AS p
  ON p.permission_set_key = a.permission_set_key
LEFT JOIN baseline_identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
LEFT JOIN baseline_identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
