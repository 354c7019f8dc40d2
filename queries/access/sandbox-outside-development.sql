-- ---
-- id         = "access/sandbox-outside-development"
-- title      = "Sandbox access is confined to development accounts"
-- severity   = "medium"
-- population = "declared_assignment"
-- params     = { level = "sandbox", environment = "development" }
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-6"], "iso27001:2022" = ["A.5.15", "A.8.31"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["6.5.3", "7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.003"] }
-- ---
-- # Rationale
-- The sandbox level lets people do nearly everything, because a development account
-- can be thrown away. On any other account it is administrator access by another name.
-- # Remediation
-- Declare the level that the work needs, or move the work to a development account.
WITH
  held AS (
    SELECT DISTINCT
      account_key,
      permission_set_folded,
      group_name_folded,
      severity
    FROM group_assignment
  )
SELECT
  CONCAT(COALESCE(c.label, d.account), '/', d.group_name) AS resource,
  COALESCE(h.severity, 'low') AS severity,
  CASE WHEN d.environment_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN d.environment_folded IS NULL THEN CONCAT(
      d.group_name, ' is declared to have ', d.level, ' on ', COALESCE(c.label, d.account),
      ', whose environment is not known'
    )
    ELSE CONCAT(
      d.group_name, ' is declared to have ', d.level, ' on ', COALESCE(c.label, d.account),
      ', whose environment is ', d.environment
    )
  END AS reason,
  COALESCE(c.label, d.account) AS account,
  d.permission_set AS permission_set,
  d.group_name AS declared_group,
  d.environment AS environment,
  d.source AS declared_in,
  d.line AS line
FROM declared_assignment AS d
CROSS JOIN param AS p
LEFT JOIN aws_account AS c
  ON c.account_key = d.account_key
LEFT JOIN held AS h
  ON h.account_key = d.account_key
  AND h.permission_set_folded = d.permission_set_folded
  AND h.group_name_folded = d.group_name_folded
WHERE d.level_folded = p.level_folded
  AND d.group_name_folded IS NOT NULL
  AND (d.environment_folded IS DISTINCT FROM p.environment_folded)
ORDER BY
  resource,
  status,
  severity,
  declared_in,
  line
