-- ---
-- id         = "approval/register-entry-without-group"
-- title      = "Approvals in force are of groups that exist"
-- severity   = "low"
-- population = "approved_group"
-- baseline_finds = true
-- named      = ["entra_group"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2j"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC2.1", "CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.036"] }
-- params     = { waiting_days = 14 }
-- ---
-- # Rationale
-- An approval of a group that was never made, or that is gone, waits for whoever
-- makes a group of that name: an approval that names no object id then covers it
-- without anybody being asked.
-- # Remediation
-- Ask who requested the group. End the approval in the register when it is no
-- longer wanted; when the group is made after all, add its object id.
WITH
  name_now AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM entra_group
  ),
  nameless AS (
    SELECT DISTINCT COUNT(*) AS unread
    FROM entra_group
    WHERE display_name_folded IS NULL
  ),
  name_before AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM baseline_entra_group
  ),
  id_before AS (
    SELECT DISTINCT group_id
    FROM baseline_entra_group
  )
SELECT
  COALESCE(r.group_name, r.group_id) AS resource,
  CASE
    WHEN i.group_id IS NOT NULL OR b.name_folded IS NOT NULL THEN 'fail'
    WHEN r.approved_at IS NULL THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN r.group_id_folded IS NULL AND x.unread > 0 THEN CONCAT(
      'whether the approved group ', r.group_name, ' exists cannot be told, because the name of a group in Entra could not be read'
    )
    WHEN i.group_id IS NOT NULL OR b.name_folded IS NOT NULL THEN CONCAT(
      COALESCE(r.group_name, r.group_id), ' is approved, was in Entra at the baseline and is not there any more'
    )
    WHEN r.approved_at IS NULL THEN CONCAT(
      COALESCE(r.group_name, r.group_id),
      ' is approved and not in Entra; its approval carries no date, so whether it is still to be made cannot be told'
    )
    ELSE CONCAT(
      COALESCE(r.group_name, r.group_id), ' was approved more than ', CAST(p.waiting_days AS STRING),
      ' days ago and is not in Entra'
    )
  END AS reason,
  r.group_name AS approved_name,
  r.group_id AS approved_id,
  r.approver AS approver,
  r.ticket AS ticket,
  r.approved_at AS approved_at,
  r.expires_at AS expires_at,
  r.line AS register_line
FROM approved_group AS r
CROSS JOIN param AS p
CROSS JOIN setting AS s
CROSS JOIN nameless AS x
LEFT JOIN entra_group AS g
  ON g.group_id = r.group_id_folded
LEFT JOIN name_now AS n
  ON n.name_folded = r.group_name_folded
LEFT JOIN name_before AS b
  ON b.name_folded = r.group_name_folded
LEFT JOIN id_before AS i
  ON i.group_id = r.group_id_folded
WHERE g.group_id IS NULL
  AND n.name_folded IS NULL
  AND NOT COALESCE(r.approved_from > p.as_of, FALSE)
  AND NOT COALESCE(r.expires_at < p.as_of, FALSE)
  AND NOT (r.expires_at IS NULL AND COALESCE(r.approved_at < s.approval_valid_days_cutoff, FALSE))
  AND (
    r.approved_at IS NULL
    OR r.approved_at < p.waiting_days_cutoff
    OR b.name_folded IS NOT NULL
    OR i.group_id IS NOT NULL
  )
ORDER BY
  resource,
  status,
  register_line
