-- ---
-- id         = "entra/synced-group-without-source"
-- title      = "Identity Center groups with the prefix have their Entra group"
-- severity   = "medium"
-- population = "prefixed_identity_center_group"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2(4)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.4", "8.2.4"], "cis-v8" = ["5.6", "6.2", "6.7"], "cis-aws-7.0.0" = ["2.19"], "moj-acp" = ["POL.ACP.032", "POL.ACP.041"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- The sync deletes an Identity Center group when its Entra group is gone. One that
-- is still there keeps its assignments, and its members keep access that nobody
-- in Entra owns, reviews or can take away.
-- # Remediation
-- Find out who removed the Entra group. Then delete the Identity Center group,
-- or let the sync delete it; list it in identity_center.ignored_groups when
-- another system owns it.
SELECT
  g.group_name AS resource,
  v.severity AS severity,
  CASE WHEN n.unread > 0 THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN n.unread > 0 THEN CONCAT(g.group_name, ' is in Identity Center; whether an Entra group of that name exists cannot be told, because names of Entra groups could not be read')
    ELSE CONCAT(g.group_name, ' is in Identity Center and no Entra group has that name')
  END AS reason,
  c.cause AS cause,
  g.group_id AS identity_center_group_id,
  g.created_at AS created_at
FROM sourceless_group AS g
JOIN group_severity AS v
  ON v.ic_group_key = g.ic_group_key
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS unread
  FROM entra_group
  WHERE display_name_folded IS NULL
) AS n
LEFT JOIN cause_sourceless_group AS c
  ON c.ic_group_key = g.ic_group_key
WHERE g.in_flight = FALSE
UNION ALL
SELECT
  u.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', u.group_id, ' could not be read, so whether it has an Entra group cannot be told') AS reason,
  NULL AS cause,
  u.group_id AS identity_center_group_id,
  u.created_at AS created_at
FROM prefixed_identity_center_group AS u
WHERE u.prefixed IS NULL
ORDER BY
  resource,
  status,
  severity,
  identity_center_group_id
