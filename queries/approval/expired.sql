-- ---
-- id         = "approval/expired"
-- title      = "Approvals of prefixed Entra groups are in force"
-- severity   = "medium"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2i.1", "AC-2j"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3", "7.2.4"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028", "POL.ACP.035"] }
-- ---
-- # Rationale
-- An approval is given for a time. After it, the access is nobody's decision any
-- more: people move on, and what was needed once stays for ever.
-- # Remediation
-- Ask the owner of the group whether it is still needed. Record the new approval
-- with the object id of the group, or delete the group.
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  CASE
    WHEN c.expires_at IS NULL AND c.approved_at IS NULL THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN c.expires_at IS NULL AND c.approved_at IS NULL THEN CONCAT(
      'the approval of ', g.display_name, ' carries neither a date nor an end, so whether it is in force cannot be told'
    )
    WHEN c.expires_at IS NOT NULL THEN CONCAT('the approval of ', g.display_name, ' is past its end')
    ELSE CONCAT(
      'the approval of ', g.display_name, ' is older than ', CAST(s.approval_valid_days AS STRING), ' days'
    )
  END AS reason,
  g.group_id AS entra_group_id,
  c.approver AS approver,
  c.ticket AS ticket,
  c.approved_at AS approved_at,
  c.expires_at AS expires_at,
  c.line AS register_line
FROM approval_that_counts AS c
JOIN prefixed_group AS g
  ON g.group_key = c.group_key
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
CROSS JOIN setting AS s
CROSS JOIN param AS p
LEFT JOIN approval_before_recreation AS b
  ON b.group_key = c.group_key
WHERE b.group_key IS NULL
  AND (
    c.expires_at < p.as_of
    OR (c.expires_at IS NULL AND c.approved_at < s.approval_valid_days_cutoff)
    OR (c.expires_at IS NULL AND c.approved_at IS NULL)
  )
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its approval is in force cannot be told') AS reason,
  n.group_id AS entra_group_id,
  NULL AS approver,
  NULL AS ticket,
  NULLIF(n.created_at, n.created_at) AS approved_at,
  NULLIF(n.created_at, n.created_at) AS expires_at,
  NULL AS register_line
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
