-- ---
-- id         = "identity/two-paths-to-same-access"
-- title      = "A person holds an access through GitHub or through Entra, not through both"
-- severity   = "medium"
-- population = "effective_access"
-- named      = ["account_assignment", "entra_user", "identity_center_group", "permission_set"]
-- controls   = { "nist-800-53r5" = ["AC-2j", "AC-6", "AC-6(7)(a)"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.003", "POL.ACP.035"] }
-- ---
-- # Rationale
-- Whoever takes the person out of one of the groups believes that the access is gone. It
-- goes on through the other one, under another user name, and the person counts twice in
-- every review.
-- # Remediation
-- Keep the path that the team means to use, and take the person out of the group or team
-- of the other one. After a move from GitHub to Entra, remove the old assignment.
WITH
  linked AS (
    SELECT DISTINCT
      k.login AS login,
      k.entra_address AS entra_address,
      k.entra_address_folded AS entra_address_folded,
      CONCAT(k.login_folded, s.identity_center_github_suffix_folded) AS github_name_folded
    FROM login_link AS k
    CROSS JOIN setting AS s
  ),
  apart AS (
    SELECT login, entra_address, entra_address_folded, github_name_folded
    FROM linked
    WHERE github_name_folded <> entra_address_folded
  ),
  through_github AS (
    SELECT DISTINCT
      l.login AS login,
      l.entra_address_folded AS entra_address_folded,
      a.account_key AS account_key,
      a.account AS account,
      a.permission_set AS permission_set,
      a.path AS path
    FROM apart AS l
    JOIN effective_access AS a
      ON a.person_folded = l.github_name_folded
  ),
  through_entra AS (
    SELECT DISTINCT
      l.entra_address AS entra_address,
      l.entra_address_folded AS entra_address_folded,
      a.account AS account,
      a.permission_set AS permission_set,
      a.severity AS severity,
      a.path AS path
    FROM (SELECT DISTINCT entra_address, entra_address_folded FROM apart) AS l
    JOIN effective_access AS a
      ON a.person_folded = l.entra_address_folded
  )
SELECT
  CONCAT(e.entra_address, '/', e.account, '/', e.permission_set) AS resource,
  e.severity AS severity,
  'fail' AS status,
  CONCAT(
    e.entra_address, ' holds ', e.permission_set, ' on ', e.account, ' through Entra and, as ', g.login, ', through GitHub'
  ) AS reason,
  e.account AS account,
  e.entra_address AS person,
  e.permission_set AS permission_set,
  e.path AS entra_path,
  g.login AS github_login,
  g.path AS github_path
FROM through_entra AS e
JOIN through_github AS g
  ON g.entra_address_folded = e.entra_address_folded
  AND g.account = e.account
  AND g.permission_set = e.permission_set
UNION ALL
SELECT DISTINCT
  u.user_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the user name of ', u.user_id, ' could not be read, so whether its person holds the same access in another way cannot be told') AS reason,
  NULL AS account,
  NULL AS person,
  NULL AS permission_set,
  NULL AS entra_path,
  NULL AS github_login,
  NULL AS github_path
FROM identity_center_user AS u
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
WHERE u.user_name_folded IS NULL
  AND v.severity <> 'low'
ORDER BY
  resource,
  status,
  severity,
  entra_path,
  github_login,
  github_path
