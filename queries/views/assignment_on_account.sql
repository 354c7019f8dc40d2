-- ---
-- id  = "views/assignment_on_account"
-- doc = "Account assignments with the label of their account, or its id where the account is missing from the snapshot."
-- ---
SELECT
  s.account_key AS account_key,
  c.label AS account,
  COALESCE(c.production, FALSE) AS production,
  s.permission_set_key AS permission_set_key,
  s.permission_set_arn AS permission_set_arn,
  s.principal_type AS principal_type,
  s.principal_id AS principal_id,
  s.ic_group_key AS ic_group_key,
  s.ic_user_key AS ic_user_key
FROM account_assignment AS s
JOIN aws_account AS c
  ON c.account_key = s.account_key
UNION ALL
SELECT
  s.account_key AS account_key,
  COALESCE(s.account_id, 'unknown account') AS account,
  FALSE AS production,
  s.permission_set_key AS permission_set_key,
  s.permission_set_arn AS permission_set_arn,
  s.principal_type AS principal_type,
  s.principal_id AS principal_id,
  s.ic_group_key AS ic_group_key,
  s.ic_user_key AS ic_user_key
FROM account_assignment AS s
WHERE s.account_key IS NULL
