-- ---
-- id         = "github/membership-without-source"
-- title      = "Identity Center memberships of team groups rest on membership of the GitHub team"
-- severity   = "medium"
-- population = "team_membership"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "AC-2h", "AC-2l", "PS-4a", "PS-5"], "iso27001:2022" = ["A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- optional   = ["github_audit_event"]
-- ---
-- # Rationale
-- The person has left the team, and its child teams, and keeps its access to AWS:
-- the leaver who keeps access.
-- # Remediation
-- Remove the membership in Identity Center, and find out why the sync did not.
-- When the access is wanted, add the person to the team instead.
SELECT
  CONCAT(m.slug, '/', COALESCE(m.user_name, m.ic_user_id)) AS resource,
  v.severity AS severity,
  CASE WHEN m.doubtful = FALSE AND m.user_name_folded IS NOT NULL THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN m.user_name_folded IS NULL THEN CONCAT(
      'the user name of ', m.ic_user_id, ' in the Identity Center group ', m.group_name,
      ' could not be read, so whether it is in the team cannot be told'
    )
    WHEN m.doubtful = FALSE THEN CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      ' and neither in the team ', m.slug, ' nor in a child team of it'
    )
    ELSE CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      '; whether in the team ', m.slug, ' too cannot be told, because logins of its members could not be read'
    )
  END AS reason,
  c.cause AS cause,
  m.user_name AS person,
  m.group_name AS identity_center_group,
  m.membership_created_at AS membership_created_at
FROM sourceless_team_membership AS m
JOIN group_severity AS v
  ON v.ic_group_key = m.ic_group_key
LEFT JOIN cause_sourceless_team_membership AS c
  ON c.ic_group_key = m.ic_group_key
  AND c.ic_user_key = m.ic_user_key
WHERE m.in_flight = FALSE
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
