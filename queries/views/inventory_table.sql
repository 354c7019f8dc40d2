-- ---
-- id  = "views/inventory_table"
-- doc = "Which tables each kind of the inventory is made of."
-- ---
SELECT 'Entra group' AS kind, 'entra_group' AS table_name
UNION ALL
SELECT 'Entra group person' AS kind, 'entra_group' AS table_name
UNION ALL
SELECT 'Entra group person' AS kind, 'entra_group_member' AS table_name
UNION ALL
SELECT 'Entra group person' AS kind, 'entra_group_owner' AS table_name
UNION ALL
SELECT 'Entra group person' AS kind, 'entra_user' AS table_name
UNION ALL
SELECT 'GitHub team' AS kind, 'github_team' AS table_name
UNION ALL
SELECT 'GitHub team member' AS kind, 'github_team' AS table_name
UNION ALL
SELECT 'GitHub team member' AS kind, 'github_team_member' AS table_name
UNION ALL
SELECT 'GitHub team member' AS kind, 'github_member' AS table_name
UNION ALL
SELECT 'Identity Center group' AS kind, 'identity_center_group' AS table_name
UNION ALL
SELECT 'Identity Center user' AS kind, 'identity_center_user' AS table_name
UNION ALL
SELECT 'Identity Center membership' AS kind, 'identity_center_group' AS table_name
UNION ALL
SELECT 'Identity Center membership' AS kind, 'identity_center_user' AS table_name
UNION ALL
SELECT 'Identity Center membership' AS kind, 'identity_center_membership' AS table_name
UNION ALL
SELECT 'Account assignment' AS kind, 'account_assignment' AS table_name
UNION ALL
SELECT 'Account assignment' AS kind, 'aws_account' AS table_name
UNION ALL
SELECT 'Account assignment' AS kind, 'permission_set' AS table_name
UNION ALL
SELECT 'Account assignment' AS kind, 'identity_center_group' AS table_name
UNION ALL
SELECT 'Account assignment' AS kind, 'identity_center_user' AS table_name
UNION ALL
SELECT 'Secret' AS kind, 'aws_secret' AS table_name
UNION ALL
SELECT 'Secret value' AS kind, 'aws_secret' AS table_name
UNION ALL
SELECT 'Secret value' AS kind, 'aws_secret_version' AS table_name
UNION ALL
SELECT 'Entra credential' AS kind, 'entra_application' AS table_name
UNION ALL
SELECT 'Entra credential' AS kind, 'entra_credential' AS table_name
