-- ---
-- id         = "approval/self-approved"
-- title      = "Approvals of prefixed Entra groups are given by somebody else"
-- severity   = "medium"
-- population = "approval_in_full"
-- controls   = { "nist-800-53r5" = ["AC-5"], "iso27001:2022" = ["A.5.3"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3", "7.2.4"], "moj-acp" = ["POL.ACP.027", "POL.ACP.028"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- Whoever asks for a group, makes it or is its only owner has approved its own
-- access. The register then shows a signature and no second pair of eyes.
-- # Remediation
-- Have somebody without a stake in the group, such as the line manager of who
-- asked or the owner of the account, look at the access and give the approval
-- anew. Record who asked and who approved.
WITH
  made AS (
    SELECT DISTINCT
      group_id,
      initiated_by_folded
    FROM entra_audit_event
    WHERE activity = 'Add group'
      AND (succeeded IS DISTINCT FROM FALSE)
  ),
  approver AS (
    SELECT DISTINCT
      a.group_key AS group_key,
      u.user_key AS user_key
    FROM approval_in_full AS a
    JOIN approval_user AS u
      ON u.name_folded = a.approver_folded
  ),
  sole_owner AS (
    SELECT
      group_key,
      user_key
    FROM (
      SELECT
        group_key,
        MIN(user_key) AS user_key,
        COUNT(*) AS owners
      FROM entra_group_owner
      GROUP BY group_key
    ) AS owned
    WHERE owners = 1
  ),
  same AS (
    SELECT
      group_key,
      'who asked for it' AS role
    FROM approval_in_full
    WHERE approver_folded = requester_folded
    UNION ALL
    SELECT
      p.group_key AS group_key,
      'who asked for it' AS role
    FROM approver AS p
    JOIN approval_in_full AS a
      ON a.group_key = p.group_key
    JOIN approval_user AS u
      ON u.name_folded = a.requester_folded
      AND u.user_key = p.user_key
    UNION ALL
    SELECT
      a.group_key AS group_key,
      'who made the group' AS role
    FROM approval_in_full AS a
    JOIN made AS m
      ON m.group_id = a.group_id
      AND m.initiated_by_folded = a.approver_folded
    UNION ALL
    SELECT
      p.group_key AS group_key,
      'who made the group' AS role
    FROM approver AS p
    JOIN approval_in_full AS a
      ON a.group_key = p.group_key
    JOIN made AS m
      ON m.group_id = a.group_id
    JOIN approval_user AS u
      ON u.name_folded = m.initiated_by_folded
      AND u.user_key = p.user_key
    UNION ALL
    SELECT
      p.group_key AS group_key,
      'its only owner' AS role
    FROM approver AS p
    JOIN sole_owner AS o
      ON o.group_key = p.group_key
      AND o.user_key = p.user_key
  ),
  told AS (
    SELECT DISTINCT
      group_key,
      role
    FROM same
  )
SELECT
  a.display_name AS resource,
  v.severity AS severity,
  CASE WHEN t.group_key IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN t.group_key IS NOT NULL THEN CONCAT(a.approver, ' approved ', a.display_name, ' and is ', t.role)
    WHEN a.approver_folded IS NULL THEN CONCAT(
      'the approval of ', a.display_name, ' does not say who approved it, so whether it was somebody else cannot be told'
    )
    ELSE CONCAT(
      'the approval of ', a.display_name, ' does not say who asked, so whether somebody else approved it cannot be told'
    )
  END AS reason,
  a.group_id AS entra_group_id,
  a.requester AS requester,
  a.approver AS approver,
  a.ticket AS ticket,
  a.line AS register_line,
  t.role AS approver_is
FROM approval_in_full AS a
JOIN prefixed_group_severity AS v
  ON v.name_folded = a.display_name_folded
LEFT JOIN told AS t
  ON t.group_key = a.group_key
WHERE t.group_key IS NOT NULL
  OR a.approver_folded IS NULL
  OR a.requester_folded IS NULL
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its approval was given by somebody else cannot be told') AS reason,
  n.group_id AS entra_group_id,
  NULL AS requester,
  NULL AS approver,
  NULL AS ticket,
  NULL AS register_line,
  NULL AS approver_is
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  approver_is,
  entra_group_id
