-- ---
-- id  = "views/drift_incomplete"
-- doc = "One row: how many tables that differences between Entra, or GitHub, and Identity Center rest on were not read completely."
-- ---
SELECT DISTINCT
  COUNT(CASE WHEN table_name IN (
    'entra_user', 'entra_group', 'entra_group_member', 'entra_group_owner',
    'identity_center_user', 'identity_center_group', 'identity_center_membership'
  ) THEN 1 END) AS entra,
  COUNT(CASE WHEN table_name IN (
    'github_member', 'github_team', 'github_team_ancestor', 'github_team_member',
    'identity_center_user', 'identity_center_group', 'identity_center_membership'
  ) THEN 1 END) AS github
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
