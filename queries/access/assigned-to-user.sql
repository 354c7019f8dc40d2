-- ---
-- id         = "access/assigned-to-user"
-- title      = "Access is assigned to groups, not to users"
-- severity   = "medium"
-- population = "account_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2i.1"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.027"] }
-- ---
-- # Rationale
-- An assignment to a user belongs to no group, so no owner, no approval and no sync
-- covers it: it outlives every change of role.
-- # Remediation
-- Add the person to a group that has the access, and delete the assignment.
SELECT
  CONCAT(COALESCE(c.label, a.account), '/', COALESCE(n.name, a.permission_set), '/', COALESCE(u.user_name, u.user_id)) AS resource,
  a.severity AS severity,
  'fail' AS status,
  CONCAT(
    COALESCE(u.user_name, u.user_id), ' has ', a.permission_set, ' on ', a.account,
    ' by an assignment of its own'
  ) AS reason,
  a.account AS account,
  u.user_name AS person,
  a.permission_set AS permission_set,
  a.privileged AS privileged,
  a.production AS production
FROM assignment AS a
LEFT JOIN aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN permission_set AS n
  ON n.permission_set_key = a.permission_set_key
JOIN identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
UNION ALL
SELECT
  CONCAT(a.account, '/', a.permission_set, '/unknown principal') AS resource,
  a.severity AS severity,
  'unknown' AS status,
  CONCAT(
    'the principal that has ', a.permission_set, ' on ', a.account,
    ' could not be read, so whether it is a user cannot be told'
  ) AS reason,
  a.account AS account,
  NULL AS person,
  a.permission_set AS permission_set,
  a.privileged AS privileged,
  a.production AS production
FROM assignment AS a
WHERE a.principal_id IS NULL
  AND a.ic_group_key IS NULL
  AND a.ic_user_key IS NULL
  AND COALESCE(a.principal_type, 'USER') = 'USER'
ORDER BY
  resource,
  status,
  severity
