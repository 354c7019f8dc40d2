-- ---
-- id         = "access/permission-set-unused"
-- title      = "Permission sets are assigned somewhere"
-- severity   = "info"
-- population = "permission_set"
-- controls   = { "nist-800-53r5" = ["AC-6"], "iso27001:2022" = ["A.5.15"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.1"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.035"] }
-- ---
-- # Rationale
-- Nobody holds the permission set. It is one more that a mistake can assign, and one more
-- that every review has to read.
-- # Remediation
-- Delete the permission set, and its level, when nobody can name what it is kept for.
SELECT
  COALESCE(s.name, s.arn) AS resource,
  CASE WHEN s.privileged = TRUE THEN 'low' ELSE 'info' END AS severity,
  CONCAT('nobody is assigned the permission set ', COALESCE(s.name, s.arn)) AS reason,
  s.name AS permission_set,
  s.arn AS arn,
  s.privileged AS privileged
FROM permission_set AS s
LEFT JOIN (
  SELECT DISTINCT permission_set_key
  FROM account_assignment
) AS a
  ON a.permission_set_key = s.permission_set_key
WHERE a.permission_set_key IS NULL
ORDER BY
  resource,
  arn
