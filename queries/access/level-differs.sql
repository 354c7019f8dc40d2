-- ---
-- id         = "access/level-differs"
-- title      = "Groups hold the permission set that is declared for them"
-- severity   = "medium"
-- population = "expected_assignment"
-- named      = ["account_assignment"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2f", "AC-6", "CA-7", "CM-3f", "CM-5"], "iso27001:2022" = ["A.5.18", "A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- The declaration gives the group one permission set on the account and the group holds
-- another one instead: somebody changed the level in the console, or the pipeline did
-- not run after the declaration changed. What was reviewed is not what people can do.
-- # Remediation
-- Find out which of the two is meant. Correct the declaration, or run the pipeline for
-- the account and remove the assignment that nothing declares.
WITH
  declared AS (
    SELECT DISTINCT
      account_key,
      permission_set_folded,
      group_name_folded
    FROM expected_assignment
  ),
  actual AS (
    SELECT DISTINCT
      account_key,
      permission_set_folded,
      group_name_folded
    FROM group_assignment
  ),
  missing AS (
    SELECT
      d.account_key AS account_key,
      d.group_name_folded AS group_name_folded,
      MIN(d.permission_set) AS declared_permission_set
    FROM expected_assignment AS d
    LEFT JOIN actual AS a
      ON a.account_key = d.account_key
      AND a.permission_set_folded = d.permission_set_folded
      AND a.group_name_folded = d.group_name_folded
    WHERE a.account_key IS NULL
    GROUP BY
      d.account_key,
      d.group_name_folded
  )
SELECT
  CONCAT(a.account, '/', a.group_label) AS resource,
  a.severity AS severity,
  CASE WHEN a.permission_set_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN a.permission_set_folded IS NULL THEN CONCAT(
      a.group_label, ' has ', a.permission_set, ' on ', a.account,
      ', whose name is not known, so whether that is the declared ', m.declared_permission_set, ' cannot be told'
    )
    ELSE CONCAT(
      a.group_label, ' has ', a.permission_set, ' on ', a.account, ' where ', m.declared_permission_set, ' is declared'
    )
  END AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  m.declared_permission_set AS declared_permission_set,
  a.group_name AS identity_center_group
FROM group_assignment AS a
JOIN missing AS m
  ON m.account_key = a.account_key
  AND m.group_name_folded = a.group_name_folded
LEFT JOIN declared AS d
  ON d.account_key = a.account_key
  AND d.permission_set_folded = a.permission_set_folded
  AND d.group_name_folded = a.group_name_folded
WHERE d.account_key IS NULL
UNION ALL
SELECT
  CONCAT(a.account, '/', a.group_label) AS resource,
  a.severity AS severity,
  'unknown' AS status,
  CONCAT(
    'the group ', a.group_label, ' has ', a.permission_set, ' on ', a.account,
    ' and no name, so whether another permission set is declared for it cannot be told'
  ) AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  NULL AS declared_permission_set,
  NULL AS identity_center_group
FROM group_assignment AS a
JOIN (SELECT DISTINCT account_key FROM missing) AS m
  ON m.account_key = a.account_key
WHERE a.group_name_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  permission_set
