-- ---
-- id         = "entra/disabled-user-with-access"
-- title      = "Disabled Entra users have no path to AWS"
-- severity   = "medium"
-- population = "entra_user"
-- optional   = ["identity_link", "github_saml_identity"]
-- controls   = { "nist-800-53r5" = ["AC-2(3)(b)", "AC-2h", "AC-2l", "PS-4a"], "iso27001:2022" = ["A.5.16", "A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- ---
-- # Rationale
-- The sync never looks at accountEnabled: somebody whose account was disabled stays
-- in the group and in Identity Center, and gets the access back the moment the
-- account is enabled again. Sessions and other ways to sign in are not stopped.
-- # Remediation
-- Take the person out of every prefixed group, as member and as owner, and check
-- that the Identity Center user has gone after the next run of the sync.
WITH
  access AS (
    SELECT DISTINCT
      person_id,
      CASE WHEN via = 'owner' THEN 'an owner of a prefixed group' ELSE 'a member of a prefixed group' END AS path
    FROM entra_group_person
    UNION ALL
    SELECT DISTINCT
      u.user_id AS person_id,
      'in an Identity Center group' AS path
    FROM entra_user AS u
    JOIN identity_center_user AS i
      ON i.user_name_folded = COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
    JOIN identity_center_membership AS m
      ON m.ic_user_key = i.ic_user_key
    UNION ALL
    SELECT DISTINCT
      l.person_id AS person_id,
      'in an Identity Center group by a GitHub login' AS path
    FROM linked_user AS l
    JOIN identity_center_membership AS m
      ON m.ic_user_key = l.ic_user_key
  ),
  worth AS (
    SELECT DISTINCT
      u.user_id AS person_id,
      v.severity AS severity
    FROM entra_user AS u
    JOIN identity_center_user AS i
      ON i.user_name_folded = COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
    JOIN user_severity AS v
      ON v.ic_user_key = i.ic_user_key
    UNION ALL
    SELECT DISTINCT
      l.person_id AS person_id,
      v.severity AS severity
    FROM linked_user AS l
    JOIN user_severity AS v
      ON v.ic_user_key = l.ic_user_key
    UNION ALL
    SELECT
      user_id AS person_id,
      'low' AS severity
    FROM entra_user
  )
SELECT
  COALESCE(u.address, u.mail, u.user_principal_name, u.user_id) AS resource,
  w.severity AS severity,
  CASE WHEN u.account_enabled IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN u.account_enabled IS NULL THEN CONCAT(
      'whether the account of ', COALESCE(u.address, u.mail, u.user_principal_name, u.user_id),
      ' is enabled could not be read; the person is ', a.path
    )
    ELSE CONCAT(
      'the account of ', COALESCE(u.address, u.mail, u.user_principal_name, u.user_id),
      ' is disabled and the person is still ', a.path
    )
  END AS reason,
  'disabled upstream' AS cause,
  COALESCE(u.address, u.mail, u.user_principal_name, u.user_id) AS person,
  u.user_principal_name AS user_principal_name,
  a.path AS path
FROM entra_user AS u
JOIN access AS a
  ON a.person_id = u.user_id
JOIN worth AS w
  ON w.person_id = u.user_id
WHERE u.deleted_at IS NULL
  AND (u.account_enabled IS DISTINCT FROM TRUE)
UNION ALL
SELECT DISTINCT
  COALESCE(u.address, u.mail, u.user_principal_name, u.user_id) AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    CASE WHEN u.account_enabled IS NULL THEN 'whether the account of ' ELSE 'the account of ' END,
    COALESCE(u.address, u.mail, u.user_principal_name, u.user_id),
    CASE WHEN u.account_enabled IS NULL THEN ' is enabled could not be read' ELSE ' is disabled' END,
    ' and the person is in an Entra group whose name could not be read, so whether that gives access cannot be told'
  ) AS reason,
  NULL AS cause,
  COALESCE(u.address, u.mail, u.user_principal_name, u.user_id) AS person,
  u.user_principal_name AS user_principal_name,
  'in a group without a name' AS path
FROM entra_user AS u
JOIN (
  SELECT e.user_key AS user_key
  FROM entra_group_member AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
  UNION ALL
  SELECT e.user_key AS user_key
  FROM entra_group_owner AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
) AS e
  ON e.user_key = u.user_key
LEFT JOIN (SELECT DISTINCT person_id FROM access) AS a
  ON a.person_id = u.user_id
WHERE u.deleted_at IS NULL
  AND (u.account_enabled IS DISTINCT FROM TRUE)
  AND a.person_id IS NULL
UNION ALL
SELECT
  i.user_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the user name of ', i.user_id, ' in Identity Center could not be read, so whether its account is disabled cannot be told'
  ) AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS user_principal_name,
  'in an Identity Center group' AS path
FROM identity_center_user AS i
JOIN (
  SELECT DISTINCT ic_user_key
  FROM identity_center_membership
) AS m
  ON m.ic_user_key = i.ic_user_key
WHERE i.user_name_folded IS NULL
ORDER BY
  resource,
  status,
  path,
  severity
