-- ---
-- id         = "access/twin-groups"
-- title      = "A group and its prefixed twin do not hold the same access"
-- severity   = "medium"
-- population = "account_assignment"
-- named      = ["account_assignment"]
-- controls   = { "nist-800-53r5" = ["AC-6", "AC-6(7)"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.2", "6.8"], "moj-acp" = ["POL.ACP.003", "POL.ACP.035"] }
-- ---
-- # Rationale
-- A GitHub team and an Entra group of the same name, with the prefix before it, give the
-- same access twice: it was moved from one to the other and the old way was left open.
-- Who is removed from one of them keeps the access through the other.
-- # Remediation
-- Decide which source owns the access, move everybody there, and remove the other
-- assignment.
WITH
  expected_twin AS (
    SELECT
      g.ic_group_key AS ic_group_key,
      CASE
        WHEN substr(s.entra_group_prefix_folded, length(s.entra_group_prefix_folded), 1) = '-' THEN CONCAT(
          s.entra_group_prefix_folded, g.display_name_folded
        )
        ELSE CONCAT(s.entra_group_prefix_folded, '-', g.display_name_folded)
      END AS twin_folded
    FROM identity_center_group AS g
    CROSS JOIN setting AS s
    WHERE g.display_name_folded IS NOT NULL
  ),
  twin AS (
    SELECT
      e.ic_group_key AS ic_group_key,
      t.ic_group_key AS twin_key,
      t.display_name AS twin_name
    FROM expected_twin AS e
    JOIN identity_center_group AS t
      ON t.display_name_folded = e.twin_folded
  ),
  holders AS (
    SELECT
      account_key,
      permission_set_key,
      COUNT(*) AS group_count
    FROM group_assignment
    GROUP BY
      account_key,
      permission_set_key
  )
SELECT
  CONCAT(a.account, '/', a.permission_set, '/', a.group_label) AS resource,
  a.severity AS severity,
  'fail' AS status,
  CONCAT(
    a.group_label, ' and ', t.twin_name, ' both have ', a.permission_set, ' on ', a.account
  ) AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  a.group_name AS identity_center_group,
  t.twin_name AS twin
FROM group_assignment AS a
JOIN twin AS t
  ON t.ic_group_key = a.ic_group_key
JOIN group_assignment AS b
  ON b.ic_group_key = t.twin_key
  AND b.account_key = a.account_key
  AND b.permission_set_key = a.permission_set_key
UNION ALL
SELECT
  CONCAT(a.account, '/', a.permission_set, '/', a.group_label) AS resource,
  a.severity AS severity,
  'unknown' AS status,
  CONCAT(
    'the group ', a.group_label, ' has no name, so whether it is the twin of another group that has ',
    a.permission_set, ' on ', a.account, ' cannot be told'
  ) AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  NULL AS identity_center_group,
  NULL AS twin
FROM group_assignment AS a
JOIN holders AS h
  ON h.account_key = a.account_key
  AND h.permission_set_key = a.permission_set_key
WHERE a.group_name_folded IS NULL
  AND h.group_count > 1
ORDER BY
  resource,
  status,
  severity,
  twin
