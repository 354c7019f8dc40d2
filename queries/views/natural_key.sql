-- ---
-- id  = "views/natural_key"
-- doc = "The natural key of every object, one row per object."
-- ---
SELECT
  'entra_user' AS table_name,
  user_id AS key_text
FROM entra_user
UNION ALL
SELECT
  'entra_group' AS table_name,
  group_id AS key_text
FROM entra_group
UNION ALL
SELECT
  'entra_application' AS table_name,
  application_id AS key_text
FROM entra_application
UNION ALL
SELECT
  'github_member' AS table_name,
  login_folded AS key_text
FROM github_member
UNION ALL
SELECT
  'github_team' AS table_name,
  slug_folded AS key_text
FROM github_team
UNION ALL
SELECT
  'identity_center_user' AS table_name,
  user_id AS key_text
FROM identity_center_user
UNION ALL
SELECT
  'identity_center_group' AS table_name,
  group_id AS key_text
FROM identity_center_group
UNION ALL
SELECT
  'permission_set' AS table_name,
  arn AS key_text
FROM permission_set
UNION ALL
SELECT
  'aws_account' AS table_name,
  account_id AS key_text
FROM aws_account
UNION ALL
SELECT
  'aws_secret' AS table_name,
  arn AS key_text
FROM aws_secret
