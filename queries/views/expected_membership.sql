-- ---
-- id  = "views/expected_membership"
-- doc = "What the syncs should have produced: people of prefixed Entra groups and of GitHub teams, with the Identity Center group and user name that each should have."
-- ---
SELECT
  'entra' AS source,
  group_name AS group_name,
  group_name_folded AS group_name_folded,
  address AS person,
  address_folded AS user_name_folded,
  via AS via
FROM synced_principal
UNION ALL
SELECT
  'github' AS source,
  slug AS group_name,
  slug_folded AS group_name_folded,
  login AS person,
  user_name_folded AS user_name_folded,
  via_slug AS via
FROM synced_team_member
