-- ---
-- id         = "access/declared-group-empty"
-- title      = "Declared access names a group"
-- severity   = "low"
-- population = "declared_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2d", "CM-6b"], "iso27001:2022" = ["A.5.15", "A.8.9"], soc2 = ["CC6.3", "CC8.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- The row gives a level to nobody. That is how access is revoked in some declarations,
-- and how a group is lost by mistake in others; nobody can tell which it was.
-- # Remediation
-- Take the row out of the declaration, or name the group that is meant.
SELECT
  CONCAT(COALESCE(c.label, d.account), '/', COALESCE(d.level, d.permission_set, 'unknown level')) AS resource,
  CONCAT(
    COALESCE(d.level, d.permission_set, 'a level'), ' is declared on ', COALESCE(c.label, d.account), ' for no group'
  ) AS reason,
  COALESCE(c.label, d.account) AS account,
  d.permission_set AS permission_set,
  d.source AS declared_in,
  d.line AS line
FROM declared_assignment AS d
LEFT JOIN aws_account AS c
  ON c.account_key = d.account_key
WHERE d.group_name_folded IS NULL
ORDER BY
  resource,
  declared_in,
  line
