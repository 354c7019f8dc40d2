-- ---
-- id         = "entra/duplicate-group-name"
-- title      = "No other Entra group has the name of a prefixed one"
-- severity   = "low"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2i.1", "IA-4b"], "iso27001:2022" = ["A.5.15", "A.5.16"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028"] }
-- ---
-- # Rationale
-- The syncs, the declarations and the approvals know a group by its name alone, and
-- Entra allows any number of groups of the same name. Whoever makes a second one puts
-- its members into the access of the first, or has the sync take people out again.
-- # Remediation
-- Find out which group was approved, and delete or rename the other one.
WITH
  shared AS (
    SELECT
      display_name_folded AS name_folded,
      COUNT(*) AS group_count,
      MIN(display_name) AS first_name,
      MAX(display_name) AS last_name,
      COUNT(CASE WHEN prefixed = TRUE THEN 1 END) AS prefixed_count
    FROM entra_group
    GROUP BY display_name_folded
  )
SELECT
  g.display_name_folded AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(CAST(s.group_count AS STRING), ' Entra groups are called ', g.display_name_folded) AS reason,
  CASE WHEN s.first_name <> s.last_name THEN 'case twin' END AS cause,
  g.group_id AS entra_group_id,
  g.display_name AS entra_group,
  g.created_at AS created_at
FROM entra_group AS g
JOIN shared AS s
  ON s.name_folded = g.display_name_folded
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
WHERE s.group_count > 1
  AND s.prefixed_count > 0
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether another has the same one cannot be told') AS reason,
  NULL AS cause,
  n.group_id AS entra_group_id,
  NULL AS entra_group,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
