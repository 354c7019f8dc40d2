-- ---
-- id         = "entra/membership-without-source"
-- title      = "Identity Center memberships of prefixed groups rest on membership or ownership in Entra"
-- severity   = "medium"
-- population = "prefixed_membership"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "AC-2h", "AC-2l", "PS-4a", "PS-5"], "iso27001:2022" = ["A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- The person has left the group in Entra and keeps its access to AWS: the leaver
-- who keeps access. The sync fails open, so nothing else takes it away.
-- # Remediation
-- Remove the membership in Identity Center, and find out why the sync did not.
-- When the access is wanted, add the person to the Entra group instead.
WITH
  source AS (
    SELECT DISTINCT
      group_name_folded,
      address_folded
    FROM entra_group_person
  ),
  doubt AS (
    SELECT DISTINCT group_name_folded
    FROM (
      SELECT group_name_folded
      FROM entra_group_stranger
      UNION ALL
      SELECT g.display_name_folded AS group_name_folded
      FROM entra_change AS e
      JOIN prefixed_group AS g
        ON g.group_id = e.group_id
      JOIN entra_user AS u
        ON u.user_id = e.user_id
      WHERE e.activity IN ('Remove member from group', 'Remove owner from group')
        AND COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) IS NULL
    ) AS vague
  ),
  removed AS (
    SELECT
      g.display_name_folded AS group_name_folded,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
      MAX(e.occurred_at) AS removed_at
    FROM entra_change AS e
    JOIN prefixed_group AS g
      ON g.group_id = e.group_id
    JOIN entra_user AS u
      ON u.user_id = e.user_id
    WHERE e.activity IN ('Remove member from group', 'Remove owner from group')
    GROUP BY
      g.display_name_folded,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
  ),
  gone AS (
    SELECT
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
      MAX(e.occurred_at) AS gone_at
    FROM entra_change AS e
    JOIN entra_user AS u
      ON u.user_id = COALESCE(e.user_id, e.target_id)
    WHERE e.activity = 'Delete user'
    GROUP BY COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
  ),
  was_source AS (
    SELECT DISTINCT
      group_name_folded,
      address_folded
    FROM baseline_group_person
  ),
  was_target AS (
    SELECT DISTINCT
      group_id,
      user_id
    FROM baseline_person
  )
SELECT
  CONCAT(m.group_name, '/', COALESCE(m.user_name, m.ic_user_id)) AS resource,
  v.severity AS severity,
  CASE
    WHEN q.group_name_folded IS NULL AND m.user_name_folded IS NOT NULL THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN m.user_name_folded IS NULL THEN CONCAT(
      'the user name of ', m.ic_user_id, ' in the Identity Center group ', m.group_name,
      ' could not be read, so whether it is in the Entra group cannot be told'
    )
    WHEN q.group_name_folded IS NULL THEN CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      ' and neither a member nor an owner of the Entra group'
    )
    ELSE CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      '; whether in the Entra group too cannot be told, because some of its people are not known'
    )
  END AS reason,
  m.user_name AS person,
  m.group_name AS identity_center_group,
  m.membership_created_at AS membership_created_at
FROM prefixed_membership AS m
JOIN group_severity AS v
  ON v.ic_group_key = m.ic_group_key
CROSS JOIN entra_grace AS grace
LEFT JOIN source AS s
  ON s.group_name_folded = m.group_name_folded
  AND s.address_folded = m.user_name_folded
LEFT JOIN doubt AS q
  ON q.group_name_folded = m.group_name_folded
LEFT JOIN removed AS r
  ON r.group_name_folded = m.group_name_folded
  AND r.address_folded = m.user_name_folded
LEFT JOIN gone AS d
  ON d.address_folded = m.user_name_folded
LEFT JOIN was_source AS ws
  ON ws.group_name_folded = m.group_name_folded
  AND ws.address_folded = m.user_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = m.ic_group_id
  AND wt.user_id = m.ic_user_id
WHERE s.address_folded IS NULL
  AND NOT COALESCE(m.membership_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.user_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.ic_group_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.entra_group_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(r.removed_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(d.gone_at >= grace.grace_cutoff, FALSE)
  AND (grace.baseline_fits = FALSE OR (wt.user_id IS NOT NULL AND ws.address_folded IS NULL))
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether memberships rest on it cannot be told') AS reason,
  NULL AS person,
  NULL AS identity_center_group,
  n.created_at AS membership_created_at
FROM nameless_group AS n
UNION ALL
SELECT
  o.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so what its memberships rest on cannot be told') AS reason,
  NULL AS person,
  NULL AS identity_center_group,
  o.created_at AS membership_created_at
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  severity,
  membership_created_at
