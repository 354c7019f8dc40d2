-- ---
-- id         = "github/member-without-2fa"
-- title      = "Members of the organisation have two-factor authentication"
-- severity   = "low"
-- population = "github_member"
-- controls   = { "nist-800-53r5" = ["IA-2(1)", "IA-2(2)"], "iso27001:2022" = ["A.5.17", "A.8.5"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.4.2"], "cis-v8" = ["6.3", "6.5"], "cis-github-1.2.0" = ["1.3.5"], "moj-acp" = ["POL.ACP.038", "POL.ACP.048"] }
-- own_rows   = true
-- ---
-- # Rationale
-- A password alone, guessed or reused, is enough to act as this person: to push
-- what is deployed, and to sign in to AWS as the teams that the person is in.
-- # Remediation
-- In the organisation's settings, under Authentication security, require
-- two-factor authentication: GitHub then removes who has none. Until then ask the
-- person to switch it on. Where the state could not be seen, collect with an
-- owner's token.
SELECT
  m.login AS resource,
  v.severity AS severity,
  CASE WHEN m.two_factor IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN m.two_factor IS NULL THEN CONCAT('whether ', m.login, ' has two-factor authentication was not visible to the caller')
    ELSE CONCAT(m.login, ' has no two-factor authentication')
  END AS reason,
  m.login AS person,
  m.role AS role
FROM github_member AS m
JOIN login_severity AS v
  ON v.login_folded = m.login_folded
WHERE (m.two_factor IS DISTINCT FROM TRUE)
ORDER BY
  resource,
  status,
  severity
