-- ---
-- id  = "views/keyless_assignment"
-- doc = "Assignments whose account or permission set is missing from the snapshot, by the id of the account and the last part of the ARN of the permission set."
-- ---
SELECT DISTINCT
  COALESCE(c.account_id, a.account_id) AS account_id,
  SPLIT_PART(COALESCE(s.arn, a.permission_set_arn), '/', 3) AS permission_set_id
FROM account_assignment AS a
LEFT JOIN aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN permission_set AS s
  ON s.permission_set_key = a.permission_set_key
WHERE a.account_key IS NULL
  OR a.permission_set_key IS NULL
