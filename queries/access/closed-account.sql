-- ---
-- id         = "access/closed-account"
-- title      = "No access is assigned on closed accounts"
-- severity   = "low"
-- population = "account_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-6(7)(b)"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.035"] }
-- ---
-- # Rationale
-- Nobody can use a suspended or closed account, so the assignment is forgotten; when the
-- account is reopened within its 90 days, everybody has their access again, whoever has
-- left in between.
-- # Remediation
-- Remove the assignments, and the account from the declarations.
SELECT
  CONCAT(c.label, '/', a.permission_set, '/', COALESCE(g.display_name, u.user_name, a.principal_id, 'unknown principal')) AS resource,
  CASE WHEN c.state IN ('SUSPENDED', 'CLOSED') THEN 'low' ELSE a.severity END AS severity,
  CASE WHEN c.state IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN c.state IS NULL THEN CONCAT(
      'whether the account ', c.label, ' is closed could not be read; ',
      COALESCE(g.display_name, u.user_name, a.principal_id, 'somebody'), ' has ', a.permission_set, ' on it'
    )
    ELSE CONCAT(
      COALESCE(g.display_name, u.user_name, a.principal_id, 'somebody'), ' has ', a.permission_set, ' on ', c.label,
      ', an account in state ', c.state
    )
  END AS reason,
  c.label AS account,
  a.permission_set AS permission_set,
  a.principal_type AS principal_type,
  a.principal_id AS principal_id,
  c.state AS account_state
FROM assignment AS a
JOIN aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
LEFT JOIN identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
WHERE c.state IN ('SUSPENDED', 'CLOSED', 'PENDING_CLOSURE')
  OR c.state IS NULL
ORDER BY
  resource,
  status,
  severity,
  principal_id
