-- ---
-- id         = "identity/colliding-login"
-- title      = "The name made of a GitHub login is the address of nobody else"
-- severity   = "low"
-- population = "github_member"
-- named      = ["entra_user"]
-- controls   = { "nist-800-53r5" = ["IA-2", "IA-4b", "IA-4c"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.1", "CC6.2"], "pci-dss-4.0.1" = ["8.2.1"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.001"] }
-- optional   = ["github_saml_identity", "identity_link"]
-- ---
-- # Rationale
-- The GitHub sync makes a user name out of a login and a suffix. Whoever picks the login
-- that gives the address of somebody else shares one Identity Center user with that
-- person, and each has the access of both. Anybody can pick a free login.
-- # Remediation
-- Take the login out of the teams until it is renamed, or choose a suffix for which nobody
-- can have a mailbox. When login and address are one person, confirm the link in the
-- identities register.
WITH
  made AS (
    SELECT
      m.login AS login,
      m.login_folded AS login_folded,
      CONCAT(m.login_folded, s.identity_center_github_suffix_folded) AS name_folded
    FROM github_member AS m
    CROSS JOIN setting AS s
    WHERE m.login_folded IS NOT NULL
  ),
  address AS (
    SELECT user_id, address_folded AS name_folded
    FROM entra_user
    WHERE deleted_at IS NULL
    UNION ALL
    SELECT user_id, mail_folded AS name_folded
    FROM entra_user
    WHERE deleted_at IS NULL
  ),
  hit AS (
    SELECT DISTINCT
      m.login AS login,
      m.login_folded AS login_folded,
      m.name_folded AS name_folded,
      a.user_id AS user_id
    FROM made AS m
    JOIN address AS a
      ON a.name_folded = m.name_folded
  ),
  own AS (
    SELECT DISTINCT
      login_folded,
      entra_user_id
    FROM login_link
  ),
  clash AS (
    SELECT
      h.login AS login,
      h.name_folded AS name_folded,
      h.user_id AS user_id
    FROM hit AS h
    LEFT JOIN own AS o
      ON o.login_folded = h.login_folded
      AND o.entra_user_id = h.user_id
    WHERE o.entra_user_id IS NULL
  ),
  worth AS (
    SELECT DISTINCT
      name_folded,
      'low' AS severity
    FROM clash
    UNION ALL
    SELECT DISTINCT
      c.name_folded AS name_folded,
      v.severity AS severity
    FROM clash AS c
    JOIN identity_center_user AS i
      ON i.user_name_folded = c.name_folded
    JOIN user_severity AS v
      ON v.ic_user_key = i.ic_user_key
  )
SELECT
  c.login AS resource,
  w.severity AS severity,
  'fail' AS status,
  CONCAT('the sync names the login ', c.login, ' ', c.name_folded, ', which is an address of another person in Entra') AS reason,
  c.name_folded AS user_name,
  u.user_principal_name AS user_principal_name,
  c.user_id AS entra_user_id
FROM clash AS c
JOIN worth AS w
  ON w.name_folded = c.name_folded
JOIN entra_user AS u
  ON u.user_id = c.user_id
UNION ALL
SELECT
  'unknown login' AS resource,
  'low' AS severity,
  'unknown' AS status,
  'the login of a member of the organisation could not be read, so whether it makes the address of somebody else cannot be told' AS reason,
  NULL AS user_name,
  NULL AS user_principal_name,
  NULL AS entra_user_id
FROM github_member AS m
WHERE m.login_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  entra_user_id
