-- ---
-- id         = "entra/group-not-synced"
-- title      = "Identity Center has a group for every prefixed Entra group"
-- severity   = "low"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["5.6", "6.7"], "moj-acp" = ["POL.ACP.036", "POL.ACP.041"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- A group that carries the prefix is meant to give access to AWS. While Identity
-- Center has no group of that name, its members believe that they have access
-- and have none, and nothing can be assigned to it: the sync has stopped, or
-- skips the group.
-- # Remediation
-- Read the log of the sync for the name of the group, and run it again. When the
-- group was never meant for AWS, rename it without the prefix.
SELECT
  g.group_name AS resource,
  CASE WHEN u.unread = 0 THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN u.unread = 0 THEN CONCAT(g.group_name, ' has the prefix in Entra and no group of that name in Identity Center')
    ELSE CONCAT(
      'whether ', g.group_name, ' is in Identity Center cannot be told, because the name of a group there could not be read'
    )
  END AS reason,
  c.cause AS cause,
  g.group_id AS entra_group_id,
  g.created_at AS created_at
FROM missing_group AS g
CROSS JOIN (SELECT DISTINCT COUNT(*) AS unread FROM nameless_identity_center_group) AS u
LEFT JOIN cause_missing_group AS c
  ON c.group_id = g.group_id
WHERE g.in_flight = FALSE
UNION ALL
SELECT
  n.group_id AS resource,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it should be in Identity Center cannot be told') AS reason,
  NULL AS cause,
  n.group_id AS entra_group_id,
  n.created_at AS created_at
FROM entra_group AS n
WHERE n.prefixed IS NULL
ORDER BY
  resource,
  status,
  entra_group_id
