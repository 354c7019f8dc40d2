-- ---
-- id         = "access/declared-group-missing"
-- title      = "Declared groups exist in Entra, GitHub or Identity Center"
-- severity   = "low"
-- population = "declared_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2d", "CM-6b"], "iso27001:2022" = ["A.5.15", "A.8.9"], soc2 = ["CC6.3", "CC8.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- No source has a group of that name: it was deleted, renamed, or never spelt right. The
-- declaration gives nothing today, and everything to whoever makes a group of that name.
-- # Remediation
-- Correct the name, or take the rows out of the declaration.
WITH
  known AS (
    SELECT DISTINCT name_folded
    FROM (
      SELECT display_name_folded AS name_folded FROM entra_group
      UNION ALL
      SELECT slug_folded AS name_folded FROM github_team
      UNION ALL
      SELECT display_name_folded AS name_folded FROM identity_center_group
    ) AS every_name
  ),
  nameless AS (
    SELECT DISTINCT SUM(unread) AS unread
    FROM (
      SELECT DISTINCT COUNT(*) AS unread FROM entra_group WHERE display_name_folded IS NULL
      UNION ALL
      SELECT DISTINCT COUNT(*) AS unread FROM github_team WHERE slug_folded IS NULL
      UNION ALL
      SELECT DISTINCT COUNT(*) AS unread FROM identity_center_group WHERE display_name_folded IS NULL
    ) AS counted
  ),
  declared AS (
    SELECT
      group_name_folded,
      MIN(group_name) AS group_name,
      MIN(source) AS declared_in,
      COUNT(*) AS declared_rows
    FROM declared_assignment
    WHERE group_name_folded IS NOT NULL
    GROUP BY group_name_folded
  )
SELECT
  d.group_name AS resource,
  CASE WHEN n.unread > 0 THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN n.unread > 0 THEN CONCAT(
      'whether the declared group ', d.group_name,
      ' exists cannot be told, because the names of some groups could not be read'
    )
    ELSE CONCAT(
      'access is declared for ', d.group_name, ', a group that neither Entra, GitHub nor Identity Center has'
    )
  END AS reason,
  d.declared_in AS declared_in,
  d.declared_rows AS declared_rows
FROM declared AS d
CROSS JOIN nameless AS n
LEFT JOIN known AS k
  ON k.name_folded = d.group_name_folded
WHERE k.name_folded IS NULL
ORDER BY
  resource,
  status
