-- ---
-- id         = "github/synced-group-without-team"
-- title      = "Identity Center groups without the prefix have their GitHub team or a declaration"
-- severity   = "medium"
-- population = "unprefixed_identity_center_group"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2(4)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.4", "8.2.4"], "cis-v8" = ["5.6", "6.2", "6.7"], "cis-aws-7.0.0" = ["2.19"], "moj-acp" = ["POL.ACP.032", "POL.ACP.041"] }
-- optional   = ["github_audit_event", "declared_assignment"]
-- ---
-- # Rationale
-- A group that is no team, that nothing declares and that no setting names has no
-- owner: its team was removed or renamed, or somebody made it by hand. Whoever is
-- in it keeps its access, and no sync will ever change that.
-- # Remediation
-- Find out who made the group. Delete it, or name it: in a declaration when access
-- is meant for it, in identity_center.ignored_groups when another system owns it.
SELECT
  g.group_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(g.group_name, ' is in Identity Center, and no team, declaration or setting names it') AS reason,
  c.cause AS cause,
  g.group_id AS identity_center_group_id,
  g.created_at AS created_at
FROM teamless_group AS g
JOIN group_severity AS v
  ON v.ic_group_key = g.ic_group_key
LEFT JOIN cause_teamless_group AS c
  ON c.ic_group_key = g.ic_group_key
WHERE g.in_flight = FALSE
UNION ALL
SELECT
  u.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', u.group_id, ' could not be read, so whether it has a team cannot be told') AS reason,
  NULL AS cause,
  u.group_id AS identity_center_group_id,
  u.created_at AS created_at
FROM unprefixed_identity_center_group AS u
WHERE u.display_name_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  identity_center_group_id
