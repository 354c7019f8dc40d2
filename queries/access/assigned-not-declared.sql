-- ---
-- id         = "access/assigned-not-declared"
-- title      = "Assignments to groups are declared"
-- severity   = "medium"
-- population = "account_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2(4)", "AC-2d", "AC-2f", "AC-2i.1", "CA-7", "CM-3f", "CM-5"], "iso27001:2022" = ["A.5.18", "A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.2", "7.2.3"], "cis-v8" = ["6.1", "6.8"], "moj-acp" = ["POL.ACP.036", "POL.ACP.041"] }
-- ---
-- # Rationale
-- The group holds access that no declaration asked for: made in the console, by
-- another Terraform root, or left behind when the declaration was removed. Nobody
-- approved it in review, and nobody will take it away.
-- # Remediation
-- Remove the assignment, or declare it so that it is reviewed like all other access.
WITH
  declared AS (
    SELECT DISTINCT
      account_key,
      permission_set_folded,
      group_name_folded
    FROM expected_assignment
  )
SELECT
  CONCAT(a.account, '/', a.permission_set, '/', COALESCE(g.display_name, g.group_id)) AS resource,
  a.severity AS severity,
  CASE
    WHEN a.account_key IS NULL
      OR a.permission_set_folded IS NULL
      OR g.display_name_folded IS NULL THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN a.account_key IS NULL THEN CONCAT(
      COALESCE(g.display_name, g.group_id), ' has ', a.permission_set, ' on ', a.account,
      ', an account that is missing from the snapshot, so whether that is declared cannot be told'
    )
    WHEN a.permission_set_folded IS NULL THEN CONCAT(
      COALESCE(g.display_name, g.group_id), ' has ', a.permission_set, ' on ', a.account,
      ', whose name is not known, so whether that is declared cannot be told'
    )
    WHEN g.display_name_folded IS NULL THEN CONCAT(
      'the group ', g.group_id, ' has ', a.permission_set, ' on ', a.account,
      ' and no name, so whether that is declared cannot be told'
    )
    ELSE CONCAT(
      g.display_name, ' has ', a.permission_set, ' on ', a.account, ' and nothing declares it'
    )
  END AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  g.display_name AS identity_center_group,
  a.privileged AS privileged,
  a.production AS production
FROM assignment AS a
JOIN identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
LEFT JOIN declared AS d
  ON d.account_key = a.account_key
  AND d.permission_set_folded = a.permission_set_folded
  AND d.group_name_folded = g.display_name_folded
WHERE d.account_key IS NULL
UNION ALL
SELECT
  CONCAT(a.account, '/', a.permission_set, '/unknown principal') AS resource,
  a.severity AS severity,
  'unknown' AS status,
  CONCAT(
    'the principal that has ', a.permission_set, ' on ', a.account,
    ' could not be read, so whether that is declared cannot be told'
  ) AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  NULL AS identity_center_group,
  a.privileged AS privileged,
  a.production AS production
FROM assignment AS a
WHERE a.principal_id IS NULL
  AND a.ic_group_key IS NULL
  AND a.ic_user_key IS NULL
  AND COALESCE(a.principal_type, 'GROUP') = 'GROUP'
ORDER BY
  resource,
  severity,
  status
