-- ---
-- id  = "views/inventory"
-- doc = "Everything that two snapshots are compared on: kind, stable key, and name for people."
-- ---
SELECT
  'Entra group' AS kind,
  group_id AS key,
  display_name AS name
FROM entra_group
WHERE prefixed = TRUE
UNION ALL
SELECT
  'Entra group person' AS kind,
  CONCAT(group_id, '/', person_id, '/', via) AS key,
  CONCAT(group_name, '/', COALESCE(address, person_id), ' as ', via) AS name
FROM entra_group_person
UNION ALL
SELECT
  'GitHub team' AS kind,
  slug_folded AS key,
  slug AS name
FROM github_team
UNION ALL
SELECT
  'GitHub team member' AS kind,
  CONCAT(t.slug_folded, '/', e.login_folded) AS key,
  CONCAT(t.slug, '/', e.login) AS name
FROM github_team_member AS e
JOIN github_team AS t
  ON t.team_key = e.team_key
WHERE e.login_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team member' AS kind,
  CONCAT(t.slug_folded, '/', m.login_folded) AS key,
  CONCAT(t.slug, '/', m.login) AS name
FROM github_team_member AS e
JOIN github_team AS t
  ON t.team_key = e.team_key
JOIN github_member AS m
  ON m.member_key = e.member_key
WHERE m.login_folded IS NOT NULL
UNION ALL
SELECT
  'Identity Center group' AS kind,
  group_id AS key,
  COALESCE(display_name, group_id) AS name
FROM identity_center_group
UNION ALL
SELECT
  'Identity Center user' AS kind,
  user_id AS key,
  COALESCE(user_name, user_id) AS name
FROM identity_center_user
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  CONCAT(group_id, '/', user_id) AS key,
  CONCAT(COALESCE(group_name, group_id), '/', COALESCE(user_name, user_id)) AS name
FROM identity_center_person
UNION ALL
SELECT
  'Account assignment' AS kind,
  CONCAT(account, '/', permission_set, '/', principal_id) AS key,
  CONCAT(account, '/', permission_set, '/', principal) AS name
FROM named_assignment
WHERE principal_id IS NOT NULL
UNION ALL
SELECT
  'Secret' AS kind,
  arn AS key,
  registered_secret AS name
FROM aws_secret
WHERE deleted_at IS NULL
UNION ALL
SELECT
  'Secret value' AS kind,
  CONCAT(s.arn, '/', v.version_id) AS key,
  s.registered_secret AS name
FROM aws_secret_version AS v
JOIN aws_secret AS s
  ON s.secret_key = v.secret_key
WHERE v.current = TRUE
UNION ALL
SELECT
  'Entra credential' AS kind,
  CONCAT(a.application_id, '/', c.key_id) AS key,
  CONCAT(COALESCE(a.display_name, a.app_id, a.application_id), '/', c.key_id) AS name
FROM entra_credential AS c
JOIN entra_application AS a
  ON a.application_key = c.application_key
