-- ---
-- id         = "github/member-not-synced"
-- title      = "Members of GitHub teams are in the Identity Center group named after the team"
-- severity   = "low"
-- population = "synced_team_member"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["5.6", "6.7"], "moj-acp" = ["POL.ACP.036", "POL.ACP.041"] }
-- optional   = ["github_audit_event"]
-- ---
-- # Rationale
-- A member of the team, or of one of its child teams, is missing from the group
-- that the sync keeps for it: the person cannot do the work that was approved,
-- and the sync is not doing its own.
-- # Remediation
-- Read the log of the sync for the login, and run it again.
SELECT
  CONCAT(p.slug, '/', COALESCE(p.login, 'unknown login')) AS resource,
  CASE WHEN p.login IS NULL OR p.unread = TRUE THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN p.login IS NOT NULL AND p.unread = TRUE THEN CONCAT(
      'whether ', p.login, ' of the team ', p.via_slug, ' is in the Identity Center group ', p.slug,
      ' cannot be told, because a name in Identity Center could not be read'
    )
    WHEN p.login IS NULL THEN CONCAT(
      'the login of a member of the team ', p.via_slug, ' could not be read, so whether it is in the Identity Center group ',
      p.slug, ' cannot be told'
    )
    WHEN p.via_slug_folded = p.slug_folded THEN CONCAT(
      p.login, ' is a member of the team ', p.slug, ' and is not in the Identity Center group of that name'
    )
    ELSE CONCAT(
      p.login, ' is a member of ', p.via_slug, ', a child team of ', p.slug,
      ', and is not in the Identity Center group ', p.slug
    )
  END AS reason,
  c.cause AS cause,
  p.login AS person,
  p.via_slug AS via_team,
  p.identity_center_group AS identity_center_group
FROM missing_team_member AS p
LEFT JOIN cause_missing_team_member AS c
  ON c.slug_folded = p.slug_folded
  AND c.login_folded = p.login_folded
WHERE p.in_flight = FALSE
UNION ALL
SELECT
  o.group_id AS resource,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so whether somebody is missing from it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS via_team,
  NULL AS identity_center_group
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  via_team,
  identity_center_group
