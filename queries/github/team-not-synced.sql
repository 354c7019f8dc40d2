-- ---
-- id         = "github/team-not-synced"
-- title      = "Identity Center has a group for every synced GitHub team"
-- severity   = "low"
-- population = "synced_team"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["5.6", "6.7"], "moj-acp" = ["POL.ACP.036", "POL.ACP.041"] }
-- optional   = ["github_audit_event"]
-- ---
-- # Rationale
-- Every team but the ignored ones becomes a group of Identity Center. While one is
-- missing, its members have none of the access that is declared for the team.
-- # Remediation
-- Read the log of the sync for the slug, and run it again. List a team that is
-- never meant for AWS in github.ignored_teams, here and in the sync.
SELECT
  t.slug AS resource,
  CASE WHEN u.unread = 0 THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN u.unread = 0 THEN CONCAT('no group of Identity Center is named after the team ', t.slug)
    ELSE CONCAT(
      'whether a group of Identity Center is named after the team ', t.slug,
      ' cannot be told, because the name of a group there could not be read'
    )
  END AS reason,
  c.cause AS cause,
  t.created_at AS created_at
FROM missing_team_group AS t
CROSS JOIN (SELECT DISTINCT COUNT(*) AS unread FROM nameless_identity_center_group) AS u
LEFT JOIN cause_missing_team_group AS c
  ON c.team_key = t.team_key
WHERE t.in_flight = FALSE
ORDER BY resource
