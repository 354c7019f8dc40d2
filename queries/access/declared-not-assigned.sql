-- ---
-- id         = "access/declared-not-assigned"
-- title      = "Declared access is assigned in Identity Center"
-- severity   = "low"
-- population = "expected_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-2g", "AC-2(4)", "CM-3f", "CA-7"], "iso27001:2022" = ["A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.2", "8.2.4"], "cis-v8" = ["5.6", "6.7"], "moj-acp" = ["POL.ACP.041", "POL.ACP.042"] }
-- ---
-- # Rationale
-- What was agreed in the declaration does not exist: Terraform did not run for the
-- account, failed, or looked the group up before it was there. Somebody cannot do
-- approved work, and the declaration cannot be trusted as a list of access.
-- # Remediation
-- Run the pipeline for the account and read what it says about the group. Take the
-- row out of the declaration when nobody wants the access any more.
WITH
  actual AS (
    SELECT DISTINCT
      a.account_key AS account_key,
      a.permission_set_folded AS permission_set_folded,
      g.display_name_folded AS group_name_folded
    FROM assignment AS a
    JOIN identity_center_group AS g
      ON g.ic_group_key = a.ic_group_key
  ),
  spelling AS (
    SELECT
      name_folded,
      MIN(name) AS name
    FROM permission_set
    GROUP BY name_folded
  )
SELECT
  CONCAT(d.account, '/', COALESCE(n.name, d.permission_set), '/', d.group_name) AS resource,
  CONCAT(
    d.group_name, ' is declared to have ', COALESCE(n.name, d.permission_set), ' on ', d.account,
    ' and nothing assigns it'
  ) AS reason,
  d.account AS account,
  d.permission_set AS permission_set,
  d.group_name AS declared_group,
  d.declared_in AS declared_in
FROM expected_assignment AS d
LEFT JOIN actual AS a
  ON a.account_key = d.account_key
  AND a.permission_set_folded = d.permission_set_folded
  AND a.group_name_folded = d.group_name_folded
LEFT JOIN spelling AS n
  ON n.name_folded = d.permission_set_folded
WHERE a.account_key IS NULL
ORDER BY
  resource,
  declared_in
