-- ---
-- id  = "views/broken_reference"
-- doc = "References to an object that is missing from the snapshot; status unknown where the answer does not say what kind of object was meant. Kinds of members that are not collected, such as service principals, are left out."
-- ---
SELECT
  'entra_group_member' AS edge,
  CASE e.member_type WHEN 'user' THEN 'user' WHEN 'group' THEN 'group' ELSE 'object' END AS object,
  COALESCE(e.member_id, 'unknown id') AS missing_id,
  CASE WHEN e.member_type IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM entra_group_member AS e
LEFT JOIN entra_user AS u
  ON u.user_id = e.member_id
LEFT JOIN entra_group AS g
  ON g.group_id = e.member_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND g.group_id IS NULL
  AND (e.member_type IN ('user', 'group') OR e.member_type IS NULL)
UNION ALL
SELECT
  'entra_group_owner' AS edge,
  CASE e.member_type WHEN 'user' THEN 'user' ELSE 'object' END AS object,
  COALESCE(e.member_id, 'unknown id') AS missing_id,
  CASE WHEN e.member_type IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM entra_group_owner AS e
LEFT JOIN entra_user AS u
  ON u.user_id = e.member_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND (e.member_type = 'user' OR e.member_type IS NULL)
UNION ALL
SELECT
  'entra_application_owner' AS edge,
  CASE e.owner_type WHEN 'user' THEN 'user' ELSE 'object' END AS object,
  COALESCE(e.owner_id, 'unknown id') AS missing_id,
  CASE WHEN e.owner_type IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM entra_application_owner AS e
LEFT JOIN entra_user AS u
  ON u.user_id = e.owner_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND (e.owner_type = 'user' OR e.owner_type IS NULL)
UNION ALL
SELECT
  'identity_center_membership' AS edge,
  'group' AS object,
  COALESCE(e.group_id, 'unknown id') AS missing_id,
  CASE WHEN e.group_id IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM identity_center_membership AS e
LEFT JOIN identity_center_group AS o
  ON o.group_id = e.group_id
WHERE e.ic_group_key IS NULL
  AND o.group_id IS NULL
UNION ALL
SELECT
  'identity_center_membership' AS edge,
  'user' AS object,
  COALESCE(e.user_id, 'unknown id') AS missing_id,
  CASE WHEN e.user_id IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM identity_center_membership AS e
LEFT JOIN identity_center_user AS o
  ON o.user_id = e.user_id
WHERE e.ic_user_key IS NULL
  AND o.user_id IS NULL
UNION ALL
SELECT
  'account_assignment' AS edge,
  'account' AS object,
  COALESCE(e.account_id, 'unknown id') AS missing_id,
  CASE WHEN e.account_id IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM account_assignment AS e
LEFT JOIN aws_account AS o
  ON o.account_id = e.account_id
WHERE e.account_key IS NULL
  AND o.account_id IS NULL
UNION ALL
SELECT
  'account_assignment' AS edge,
  'permission set' AS object,
  COALESCE(e.permission_set_arn, 'unknown id') AS missing_id,
  CASE WHEN e.permission_set_arn IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM account_assignment AS e
LEFT JOIN permission_set AS o
  ON o.arn = e.permission_set_arn
WHERE e.permission_set_key IS NULL
  AND o.arn IS NULL
UNION ALL
SELECT
  'github_team_member' AS edge,
  'member of the organisation' AS object,
  COALESCE(e.login, 'unknown id') AS missing_id,
  CASE WHEN e.login IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM github_team_member AS e
LEFT JOIN github_member AS o
  ON o.login_folded = e.login_folded
WHERE e.member_key IS NULL
  AND o.login_folded IS NULL
UNION ALL
SELECT
  'aws_secret_version' AS edge,
  'secret' AS object,
  COALESCE(e.arn, 'unknown id') AS missing_id,
  CASE WHEN e.arn IS NULL THEN 'unknown' ELSE 'fail' END AS status
FROM aws_secret_version AS e
LEFT JOIN aws_secret AS o
  ON o.arn = e.arn
WHERE e.secret_key IS NULL
  AND o.arn IS NULL
