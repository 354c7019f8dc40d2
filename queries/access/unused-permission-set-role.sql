-- ---
-- id         = "access/unused-permission-set-role"
-- title      = "Assigned access is used"
-- severity   = "medium"
-- population = "aws_role_last_used"
-- named      = ["account_assignment", "permission_set"]
-- params     = { unused_days = 90 }
-- controls   = { "nist-800-53r5" = ["AC-2g", "AC-6", "AC-6(7)"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.035"] }
-- ---
-- # Rationale
-- People can take the role and nobody has for a long time: the access can be removed
-- without anybody noticing, except for whoever steals a session.
-- # Remediation
-- Ask the owner, then remove the assignment. It is given back in a day when somebody
-- misses it.
WITH
  held AS (
    SELECT DISTINCT
      a.account_key AS account_key,
      a.account AS account,
      a.permission_set AS permission_set,
      a.permission_set_folded AS permission_set_folded,
      a.severity AS severity
    FROM assignment AS a
    JOIN identity_center_membership AS m
      ON m.ic_group_key = a.ic_group_key
    UNION ALL
    SELECT DISTINCT
      a.account_key AS account_key,
      a.account AS account,
      a.permission_set AS permission_set,
      a.permission_set_folded AS permission_set_folded,
      a.severity AS severity
    FROM assignment AS a
    JOIN identity_center_user AS u
      ON u.ic_user_key = a.ic_user_key
  ),
  used AS (
    SELECT
      account_key,
      permission_set_folded,
      MAX(last_used_at) AS last_used_at,
      MIN(created_at) AS created_at
    FROM aws_role_last_used
    GROUP BY
      account_key,
      permission_set_folded
  )
SELECT
  CONCAT(h.account, '/', h.permission_set) AS resource,
  h.severity AS severity,
  CASE WHEN r.last_used_at IS NULL AND r.created_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN r.last_used_at IS NULL AND r.created_at IS NULL THEN CONCAT(
      'the role of ', h.permission_set, ' on ', h.account,
      ' was not used within 400 days, and how old it is is not known'
    )
    ELSE CONCAT(
      'nobody has used ', h.permission_set, ' on ', h.account, ' for ',
      CAST(p.unused_days AS STRING), ' days, and people are assigned'
    )
  END AS reason,
  h.account AS account,
  h.permission_set AS permission_set,
  r.last_used_at AS last_used_at,
  r.created_at AS role_created_at
FROM held AS h
JOIN used AS r
  ON r.account_key = h.account_key
  AND r.permission_set_folded = h.permission_set_folded
CROSS JOIN param AS p
WHERE r.last_used_at < p.unused_days_cutoff
  OR (r.last_used_at IS NULL AND (r.created_at IS NULL OR r.created_at < p.unused_days_cutoff))
ORDER BY
  resource,
  status,
  severity
