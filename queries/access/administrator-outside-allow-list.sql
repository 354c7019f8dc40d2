-- ---
-- id         = "access/administrator-outside-allow-list"
-- title      = "Only listed groups administer accounts"
-- severity   = "high"
-- population = "account_assignment"
-- named      = ["account_assignment"]
-- params     = { permission_set = "AdministratorAccess" }
-- controls   = { "nist-800-53r5" = ["AC-2(7)", "AC-6(5)", "AC-6(7)"], "iso27001:2022" = ["A.5.18", "A.8.2"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.4"], "cis-v8" = ["5.4", "6.8"], "cis-aws-7.0.0" = ["2.14"], "moj-acp" = ["POL.ACP.046", "POL.ACP.050"] }
-- ---
-- # Rationale
-- Administrator access can change everything on the account, the trail of what was
-- changed included. access.administrator_allow_list names the groups that are meant to
-- hold it; any other one was never agreed on.
-- # Remediation
-- Give the group a level that fits its work, or agree on it and add it to
-- access.administrator_allow_list.
WITH
  allowed AS (
    SELECT DISTINCT value_folded
    FROM setting_access_administrator_allow_list
  )
SELECT
  CONCAT(a.account, '/', a.group_label) AS resource,
  a.severity AS severity,
  CASE
    WHEN a.group_name_folded IS NULL OR a.permission_set_folded IS NULL THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN a.permission_set_folded IS NULL THEN CONCAT(
      a.group_label, ' has ', a.permission_set, ' on ', a.account,
      ', whose name is not known, so whether it is ', p.permission_set, ' cannot be told'
    )
    WHEN a.group_name_folded IS NULL THEN CONCAT(
      'the group ', a.group_label, ' has ', a.permission_set, ' on ', a.account,
      ' and no name, so whether it may cannot be told'
    )
    ELSE CONCAT(
      a.group_label, ' has ', a.permission_set, ' on ', a.account,
      ' and is not in access.administrator_allow_list'
    )
  END AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  a.group_name AS identity_center_group,
  a.production AS production
FROM group_assignment AS a
CROSS JOIN param AS p
LEFT JOIN allowed AS l
  ON l.value_folded = a.group_name_folded
WHERE l.value_folded IS NULL
  AND (a.permission_set_folded = p.permission_set_folded OR a.permission_set_folded IS NULL)
ORDER BY
  resource,
  status,
  severity,
  permission_set
