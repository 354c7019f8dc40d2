-- ---
-- id         = "github/member-without-identity"
-- title      = "Members of the organisation are linked to a person"
-- severity   = "low"
-- population = "github_member"
-- controls   = { "nist-800-53r5" = ["AC-2(3)(b)", "IA-2", "IA-4b"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.1", "CC6.2"], "pci-dss-4.0.1" = ["8.2.1"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.001", "POL.ACP.041"] }
-- optional   = ["identity_link"]
-- own_rows   = true
-- ---
-- # Rationale
-- A login is a name that somebody chose. Without an identity of single sign-on or
-- a confirmed link nobody can say whose it is: it cannot be reviewed, and when the
-- person leaves nothing tells that the login should go.
-- # Remediation
-- Ask the person to sign in to the organisation through single sign-on once, or
-- let the line manager confirm whose login it is and add the link to the
-- identities register. Remove the member when nobody knows.
WITH
  identified AS (
    SELECT DISTINCT login_folded
    FROM github_saml_identity
    WHERE name_id_folded IS NOT NULL
  ),
  known AS (
    SELECT DISTINCT login_folded
    FROM github_saml_identity
  ),
  linked AS (
    SELECT DISTINCT k.github_login_folded AS login_folded
    FROM identity_link AS k
    CROSS JOIN param AS p
    WHERE k.confirmed_by IS NOT NULL
      AND NOT COALESCE(k.expires_at < p.as_of, FALSE)
  ),
  lapsed AS (
    SELECT DISTINCT github_login_folded AS login_folded
    FROM identity_link
  )
SELECT
  m.login AS resource,
  v.severity AS severity,
  CASE WHEN n.login_folded IS NULL THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN n.login_folded IS NOT NULL THEN CONCAT(
      'the single sign-on identity of ', m.login, ' came without a name, so whose login it is cannot be told'
    )
    WHEN x.login_folded IS NOT NULL THEN CONCAT(
      m.login, ' has no single sign-on identity, and its link in the identities register has run out or was never confirmed'
    )
    ELSE CONCAT(m.login, ' has neither a single sign-on identity nor a link in the identities register')
  END AS reason,
  m.login AS person,
  m.role AS role
FROM github_member AS m
JOIN login_severity AS v
  ON v.login_folded = m.login_folded
LEFT JOIN identified AS i
  ON i.login_folded = m.login_folded
LEFT JOIN linked AS k
  ON k.login_folded = m.login_folded
LEFT JOIN known AS n
  ON n.login_folded = m.login_folded
LEFT JOIN lapsed AS x
  ON x.login_folded = m.login_folded
WHERE i.login_folded IS NULL
  AND k.login_folded IS NULL
ORDER BY
  resource,
  status,
  severity
