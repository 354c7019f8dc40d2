-- ---
-- id         = "approval/creator-unknown"
-- title      = "The making of every prefixed Entra group is in the audit log"
-- severity   = "info"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2(4)", "AU-11"], "iso27001:2022" = ["A.8.15"], soc2 = ["CC2.1"], "pci-dss-4.0.1" = ["10.5.1"], "cis-v8" = ["8.10"], "moj-acp" = ["POL.ACP.004"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- Anybody may make a group with the prefix. Entra keeps its audit log for about a
-- month: of an older group nobody can say any more who made it, unless the log is
-- kept elsewhere.
-- # Remediation
-- Keep the directory audit log for as long as groups live, and export it from
-- there. For the groups that are older than the log, let the approval with its
-- requester stand in.
WITH
  made AS (
    SELECT
      group_id,
      COUNT(initiated_by) AS attributed
    FROM entra_audit_event
    WHERE activity = 'Add group'
      AND (succeeded IS DISTINCT FROM FALSE)
    GROUP BY group_id
  ),
  collected AS (
    SELECT DISTINCT COUNT(*) AS logs
    FROM coverage
    WHERE table_name = 'entra_audit_event'
      AND state <> 'skipped'
  )
SELECT
  g.display_name AS resource,
  'info' AS severity,
  CASE WHEN c.logs = 0 OR m.group_id IS NOT NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN c.logs = 0 THEN CONCAT('the audit log was not collected, so whether it shows who made ', g.display_name, ' cannot be told')
    WHEN m.group_id IS NOT NULL THEN CONCAT('the audit log shows when ', g.display_name, ' was made, but not by whom')
    ELSE CONCAT('the audit log does not reach back to when ', g.display_name, ' was made, so nobody can say who made it')
  END AS reason,
  g.group_id AS entra_group_id,
  g.created_at AS created_at
FROM prefixed_group AS g
CROSS JOIN collected AS c
LEFT JOIN made AS m
  ON m.group_id = g.group_id
WHERE COALESCE(m.attributed, 0) = 0
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it matters who made it cannot be told') AS reason,
  n.group_id AS entra_group_id,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
