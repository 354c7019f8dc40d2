-- ---
-- id         = "approval/approver-gone"
-- title      = "Approvers of prefixed Entra groups are still there"
-- severity   = "medium"
-- population = "approval_in_full"
-- controls   = { "nist-800-53r5" = ["AC-2e", "AC-2i.1"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028"] }
-- ---
-- # Rationale
-- Nobody answers for an approval whose giver has left. It cannot be asked about,
-- and it is no evidence of a decision that anybody stands by today; a name that
-- was never in the directory may never have decided anything.
-- # Remediation
-- Find out who took over from the approver, and have that person look at the
-- access and approve the group anew, or delete the group. Write the approver's
-- sign-in name into the register.
WITH
  found AS (
    SELECT DISTINCT
      a.group_key AS group_key,
      u.user_key AS user_key
    FROM approval_in_full AS a
    JOIN approval_user AS u
      ON u.name_folded = a.approver_folded
  ),
  standing AS (
    SELECT
      f.group_key AS group_key,
      COUNT(CASE WHEN u.deleted_at IS NULL AND u.account_enabled = TRUE THEN 1 END) AS live,
      COUNT(CASE WHEN u.deleted_at IS NULL AND u.account_enabled IS NULL THEN 1 END) AS unsure,
      COUNT(CASE WHEN u.deleted_at IS NULL AND u.account_enabled = FALSE THEN 1 END) AS disabled
    FROM found AS f
    JOIN entra_user AS u
      ON u.user_key = f.user_key
    GROUP BY f.group_key
  ),
  nameless AS (
    SELECT DISTINCT COUNT(*) AS unread
    FROM entra_user
    WHERE user_principal_name_folded IS NULL
      AND mail_folded IS NULL
  )
SELECT
  a.display_name AS resource,
  v.severity AS severity,
  CASE
    WHEN a.approver_folded IS NULL THEN 'unknown'
    WHEN s.unsure > 0 THEN 'unknown'
    WHEN s.group_key IS NULL AND n.unread > 0 THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN a.approver_folded IS NULL THEN CONCAT(
      'the approval of ', a.display_name, ' does not say who approved it, so whether that person is still there cannot be told'
    )
    WHEN s.unsure > 0 THEN CONCAT(
      'whether ', a.approver, ', who approved ', a.display_name, ', may still sign in was not readable'
    )
    WHEN s.group_key IS NULL AND n.unread > 0 THEN CONCAT(
      'whether ', a.approver, ', who approved ', a.display_name,
      ', is in Entra cannot be told, because the names of some users there could not be read'
    )
    WHEN s.group_key IS NULL THEN CONCAT(a.approver, ', who approved ', a.display_name, ', is not in Entra')
    WHEN s.disabled > 0 THEN CONCAT(a.approver, ', who approved ', a.display_name, ', is disabled in Entra')
    ELSE CONCAT(a.approver, ', who approved ', a.display_name, ', was deleted in Entra')
  END AS reason,
  a.group_id AS entra_group_id,
  a.approver AS approver,
  a.ticket AS ticket,
  a.approved_at AS approved_at,
  a.line AS register_line
FROM approval_in_full AS a
CROSS JOIN nameless AS n
JOIN prefixed_group_severity AS v
  ON v.name_folded = a.display_name_folded
LEFT JOIN standing AS s
  ON s.group_key = a.group_key
WHERE COALESCE(s.live, 0) = 0
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its approver is still there cannot be told') AS reason,
  n.group_id AS entra_group_id,
  NULL AS approver,
  NULL AS ticket,
  NULLIF(n.created_at, n.created_at) AS approved_at,
  NULL AS register_line
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
