-- ---
-- id  = "views/application_access"
-- doc = "Assignments of Identity Center applications with the names of application, account and principal (the id where there is no name), and the severity of what each gives."
-- ---
SELECT
  COALESCE(n.label, s.application_arn, 'unknown application') AS application,
  n.name_folded AS application_folded,
  n.status AS application_status,
  COALESCE(c.label, n.account_id) AS account,
  n.account_id AS account_id,
  c.name_folded AS account_folded,
  COALESCE(c.production, FALSE) AS production,
  s.principal_type AS principal_type,
  s.principal_id AS principal_id,
  s.ic_group_key AS ic_group_key,
  s.ic_user_key AS ic_user_key,
  COALESCE(g.display_name, u.user_name, s.principal_id, 'unknown principal') AS principal,
  g.display_name_folded AS group_name_folded,
  g.prefixed AS prefixed,
  u.user_name AS user_name,
  CASE
    WHEN n.status = 'DISABLED' THEN 'low'
    WHEN c.production THEN 'high'
    ELSE 'medium'
  END AS severity
FROM application_assignment AS s
LEFT JOIN identity_center_application AS n
  ON n.ic_application_key = s.ic_application_key
LEFT JOIN aws_account AS c
  ON c.account_key = n.account_key
LEFT JOIN identity_center_group AS g
  ON g.ic_group_key = s.ic_group_key
LEFT JOIN identity_center_user AS u
  ON u.ic_user_key = s.ic_user_key
