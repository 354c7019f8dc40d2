-- ---
-- id         = "access/principal-missing"
-- title      = "Assignments belong to groups and users that exist"
-- severity   = "low"
-- population = "account_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-2l", "AC-6(7)(b)"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032"] }
-- ---
-- # Rationale
-- AWS keeps the assignments of a deleted group or user. They give nothing today,
-- but hide what is real, and show that a group was deleted and made again: the new
-- one has another id, and its members are without access.
-- # Remediation
-- Delete the assignment. When a group of the same name exists, apply the declaration
-- again so that the assignment names its present id.
SELECT
  CONCAT(COALESCE(c.label, a.account), '/', COALESCE(n.name, a.permission_set), '/', COALESCE(a.principal_id, 'unknown principal')) AS resource,
  CASE WHEN a.principal_id IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN a.principal_id IS NULL THEN CONCAT(
      'the principal that has ', a.permission_set, ' on ', a.account,
      ' could not be read, so whether it exists cannot be told'
    )
    ELSE CONCAT(
      a.permission_set, ' on ', a.account, ' is assigned to the ',
      CASE a.principal_type WHEN 'GROUP' THEN 'group ' WHEN 'USER' THEN 'user ' ELSE 'principal ' END,
      a.principal_id, ', which does not exist in Identity Center'
    )
  END AS reason,
  CASE WHEN r.former_id IS NOT NULL THEN 'recreated under a new id' END AS cause,
  a.account AS account,
  a.permission_set AS permission_set,
  a.principal_type AS principal_type,
  a.principal_id AS principal_id
FROM assignment AS a
LEFT JOIN aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN permission_set AS n
  ON n.permission_set_key = a.permission_set_key
LEFT JOIN identity_center_group AS g
  ON g.group_id = a.principal_id
LEFT JOIN identity_center_user AS u
  ON u.user_id = a.principal_id
LEFT JOIN (SELECT DISTINCT former_id FROM cause_recreated_group) AS r
  ON r.former_id = a.principal_id
WHERE a.ic_group_key IS NULL
  AND a.ic_user_key IS NULL
  AND g.group_id IS NULL
  AND u.user_id IS NULL
UNION ALL
SELECT
  'deleted principals' AS resource,
  'unknown' AS status,
  'assignments were asked for principal by principal, so whether principals that are gone still have some cannot be told' AS reason,
  NULL AS cause,
  NULL AS account,
  NULL AS permission_set,
  NULL AS principal_type,
  NULL AS principal_id
FROM collected_place AS w
WHERE w.table_name = 'account_assignment'
  AND w.place = 'by principal'
ORDER BY
  resource,
  status,
  principal_type
