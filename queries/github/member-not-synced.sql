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
WITH
  present AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM identity_center_person
  ),
  added AS (
    SELECT
      team_folded,
      user_folded,
      MAX(occurred_at) AS added_at
    FROM github_audit_event
    WHERE action = 'team.add_member'
    GROUP BY
      team_folded,
      user_folded
  ),
  was_source AS (
    SELECT DISTINCT
      slug_folded,
      login_folded
    FROM baseline_team_person
  ),
  was_target AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM baseline_person
  )
SELECT
  CONCAT(p.slug, '/', COALESCE(p.login, 'unknown login')) AS resource,
  CASE WHEN p.login IS NULL OR q.group_name_folded IS NOT NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN p.login IS NOT NULL AND q.group_name_folded IS NOT NULL THEN CONCAT(
      'whether ', p.login, ' of the team ', p.via_slug, ' is in the Identity Center group ', p.slug,
      ' cannot be told, because a user name there could not be read'
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
  p.login AS person,
  p.via_slug AS via_team,
  g.display_name AS identity_center_group
FROM synced_team_member AS p
JOIN identity_center_group AS g
  ON g.display_name_folded = p.slug_folded
CROSS JOIN github_grace AS grace
LEFT JOIN present AS t
  ON t.group_name_folded = p.slug_folded
  AND t.user_name_folded = p.user_name_folded
LEFT JOIN group_with_nameless_user AS q
  ON q.group_name_folded = p.slug_folded
LEFT JOIN added AS a
  ON a.team_folded = p.via_slug_folded
  AND a.user_folded = p.login_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = p.slug_folded
  AND ws.login_folded = p.login_folded
LEFT JOIN was_target AS wt
  ON wt.group_name_folded = p.slug_folded
  AND wt.user_name_folded = p.user_name_folded
WHERE (g.prefixed IS DISTINCT FROM TRUE)
  AND t.user_name_folded IS NULL
  AND NOT COALESCE(p.team_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(p.via_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(g.created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(a.added_at >= grace.grace_cutoff, FALSE)
  AND (
    grace.baseline_fits = FALSE
    OR p.login IS NULL
    OR (ws.login_folded IS NOT NULL AND wt.user_name_folded IS NULL)
  )
UNION ALL
SELECT
  o.group_id AS resource,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so whether somebody is missing from it cannot be told') AS reason,
  NULL AS person,
  NULL AS via_team,
  NULL AS identity_center_group
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  via_team,
  identity_center_group
