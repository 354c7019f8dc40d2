-- ---
-- id         = "approval/fast-privilege"
-- title      = "Groups with privileged access to production have stood for a while"
-- severity   = "critical"
-- population = "prefixed_group"
-- named      = ["account_assignment", "identity_center_group", "permission_set"]
-- controls   = { "nist-800-53r5" = ["AC-2(7)", "AC-6", "AC-6(5)", "AC-6(7)"], "iso27001:2022" = ["A.8.2"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.3"], "cis-v8" = ["5.4"], "moj-acp" = ["POL.ACP.042", "POL.ACP.050"] }
-- params     = { young_days = 30 }
-- ---
-- # Rationale
-- A group that is hardly made and already administers production was given its
-- access before anybody could have reviewed it. It is also how access looks that
-- an intruder arranges.
-- # Remediation
-- Ask who approved the group why it was needed at once, and look at what its
-- members have done since. Keep the access when the answer holds; otherwise remove
-- the assignment and the group.
SELECT
  g.display_name AS resource,
  'critical' AS severity,
  CASE WHEN g.created_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN g.created_at IS NULL THEN CONCAT(
      g.display_name, ' holds ', a.permission_set, ' on ', a.account,
      ', and when the group was created is not known'
    )
    ELSE CONCAT(
      g.display_name, ' holds ', a.permission_set, ' on ', a.account,
      ' and was created within the last ', CAST(p.young_days AS STRING), ' days'
    )
  END AS reason,
  g.group_id AS entra_group_id,
  g.created_at AS created_at,
  a.account AS on_account,
  a.permission_set AS permission_set
FROM prefixed_group AS g
CROSS JOIN param AS p
JOIN identity_center_group AS i
  ON i.display_name_folded = g.display_name_folded
JOIN assignment AS a
  ON a.ic_group_key = i.ic_group_key
WHERE a.privileged
  AND a.production
  AND (g.created_at IS NULL OR g.created_at >= p.young_days_cutoff)
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it has privileged access cannot be told') AS reason,
  n.group_id AS entra_group_id,
  n.created_at AS created_at,
  NULL AS on_account,
  NULL AS permission_set
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  on_account,
  permission_set,
  entra_group_id
