-- ---
-- id  = "views/assignment"
-- doc = "Account assignments with the names of account and permission set (its ARN where it is missing from the snapshot), and the severity of what each gives."
-- ---
SELECT
  s.account_key AS account_key,
  s.account AS account,
  s.production AS production,
  s.permission_set_key AS permission_set_key,
  COALESCE(p.name, p.arn) AS permission_set,
  p.name_folded AS permission_set_folded,
  COALESCE(p.privileged, FALSE) AS privileged,
  s.principal_type AS principal_type,
  s.principal_id AS principal_id,
  s.ic_group_key AS ic_group_key,
  s.ic_user_key AS ic_user_key,
  CASE
    WHEN s.production AND COALESCE(p.privileged, FALSE) THEN 'critical'
    WHEN s.production OR COALESCE(p.privileged, FALSE) THEN 'high'
    ELSE 'medium'
  END AS severity
FROM assignment_on_account AS s
JOIN permission_set AS p
  ON p.permission_set_key = s.permission_set_key
UNION ALL
SELECT
  s.account_key AS account_key,
  s.account AS account,
  s.production AS production,
  s.permission_set_key AS permission_set_key,
  COALESCE(s.permission_set_arn, 'unknown permission set') AS permission_set,
  NULL AS permission_set_folded,
  FALSE AS privileged,
  s.principal_type AS principal_type,
  s.principal_id AS principal_id,
  s.ic_group_key AS ic_group_key,
  s.ic_user_key AS ic_user_key,
  CASE WHEN s.production THEN 'high' ELSE 'medium' END AS severity
FROM assignment_on_account AS s
WHERE s.permission_set_key IS NULL
