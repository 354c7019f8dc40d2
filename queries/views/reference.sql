-- ---
-- id  = "views/reference"
-- doc = "Every membership, ownership, assignment and version of a secret: what may refer to an object that is missing."
-- ---
SELECT 'entra_group_member' AS edge FROM entra_group_member
UNION ALL
SELECT 'entra_group_owner' AS edge FROM entra_group_owner
UNION ALL
SELECT 'entra_application_owner' AS edge FROM entra_application_owner
UNION ALL
SELECT 'identity_center_membership' AS edge FROM identity_center_membership
UNION ALL
SELECT 'account_assignment' AS edge FROM account_assignment
UNION ALL
SELECT 'github_team_member' AS edge FROM github_team_member
UNION ALL
SELECT 'aws_secret_version' AS edge FROM aws_secret_version
