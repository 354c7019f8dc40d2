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
SELECT
  CONCAT(m.group_name, '/', COALESCE(m.user_name, m.ic_user_id)) AS resource,
  v.severity AS severity,
  CASE
    WHEN m.doubtful = FALSE AND m.user_name_folded IS NOT NULL THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN m.user_name_folded IS NULL THEN CONCAT(
      'the user name of ', m.ic_user_id, ' in the Identity Center group ', m.group_name,
      ' could not be read, so whether it is in the Entra group cannot be told'
    )
    WHEN m.doubtful = FALSE THEN CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      ' and neither a member nor an owner of the Entra group'
    )
    ELSE CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      '; whether in the Entra group too cannot be told, because some of its people are not known'
    )
  END AS reason,
  c.cause AS cause,
  m.user_name AS person,
  m.group_name AS identity_center_group,
  m.membership_created_at AS membership_created_at
FROM sourceless_membership AS m
JOIN group_severity AS v
  ON v.ic_group_key = m.ic_group_key
LEFT JOIN cause_sourceless_membership AS c
  ON c.ic_group_key = m.ic_group_key
  AND c.ic_user_key = m.ic_user_key
WHERE m.in_flight = FALSE
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether memberships rest on it cannot be told') AS reason,
  NULL AS cause,
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
  NULL AS cause,
  NULL AS person,
  NULL AS identity_center_group,
  o.created_at AS membership_created_at
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  severity,
  membership_created_at
