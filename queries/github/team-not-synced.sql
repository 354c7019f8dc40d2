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
WITH
  target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM identity_center_group
  ),
  made AS (
    SELECT
      team_folded,
      MAX(occurred_at) AS made_at
    FROM github_audit_event
    WHERE action IN ('team.create', 'team.rename')
    GROUP BY team_folded
  ),
  was_source AS (
    SELECT DISTINCT slug_folded
    FROM baseline_github_team
  ),
  was_target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM baseline_identity_center_group
  )
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
  t.created_at AS created_at
FROM synced_team AS t
CROSS JOIN github_grace AS grace
CROSS JOIN (SELECT COUNT(*) AS unread FROM nameless_identity_center_group) AS u
LEFT JOIN target AS g
  ON g.name_folded = t.slug_folded
LEFT JOIN made AS e
  ON e.team_folded = t.slug_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = t.slug_folded
LEFT JOIN was_target AS wt
  ON wt.name_folded = t.slug_folded
WHERE g.name_folded IS NULL
  AND NOT COALESCE(t.created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(e.made_at >= grace.grace_cutoff, FALSE)
  AND (grace.baseline_fits = FALSE OR (ws.slug_folded IS NOT NULL AND wt.name_folded IS NULL))
ORDER BY resource
