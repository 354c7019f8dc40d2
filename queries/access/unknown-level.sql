-- ---
-- id         = "access/unknown-level"
-- title      = "Declared levels are in the level map"
-- severity   = "low"
-- population = "declared_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2d", "CM-6b"], "iso27001:2022" = ["A.5.15", "A.8.9"], soc2 = ["CC6.3", "CC8.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- The pipeline makes one assignment per level that it knows, and nothing at all for any
-- other: no error, no access, and a declaration that reads as if there were some.
-- # Remediation
-- Correct the level, or add it to the level map and to the pipeline.
SELECT
  CONCAT(COALESCE(c.label, d.account), '/', COALESCE(d.level, 'unknown level')) AS resource,
  CASE WHEN d.level_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN d.level_folded IS NULL THEN CONCAT(
      'access on ', COALESCE(c.label, d.account), ' is declared without a level, so what it gives cannot be told'
    )
    ELSE CONCAT(
      'the level ', d.level, ', declared on ', COALESCE(c.label, d.account), ', is not in the level map: it gives nothing'
    )
  END AS reason,
  COALESCE(c.label, d.account) AS account,
  d.group_name AS declared_group,
  d.source AS declared_in,
  d.line AS line
FROM declared_assignment AS d
LEFT JOIN aws_account AS c
  ON c.account_key = d.account_key
WHERE d.kind = 'environment'
  AND d.permission_set_folded IS NULL
ORDER BY
  resource,
  status,
  declared_in,
  line
