-- ---
-- id         = "github/access-through-child-team"
-- title      = "Access of a GitHub team rests on its own list of members"
-- severity   = "low"
-- population = "synced_team_member"
-- named      = ["account_assignment", "identity_center_group"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2j", "AC-6(7)(a)"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.035", "POL.ACP.041"] }
-- ---
-- # Rationale
-- Members of a child team count as members of its parents, and the sync copies
-- them there. The list of the parent does not show them, so that whoever reviews
-- the team sees fewer people than have its access, and whoever may add a member to
-- the child gives the access of the parent.
-- # Remediation
-- When the person needs the access of the parent, add it to that team. Otherwise
-- move the child team out of the parent, or move the access to a team that nothing
-- is below.
WITH
  direct AS (
    SELECT DISTINCT
      team_key,
      login_folded
    FROM team_person
    WHERE via_slug_folded = slug_folded
  )
SELECT
  CONCAT(p.slug, '/', COALESCE(p.login, 'unknown login')) AS resource,
  v.severity AS severity,
  CASE WHEN p.login IS NULL OR t.expanded = TRUE THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN p.login IS NULL THEN CONCAT(
      'the login of a member of ', p.via_slug, ', a child team of ', p.slug,
      ', could not be read, so whether the list of the parent shows it cannot be told'
    )
    WHEN t.expanded = TRUE THEN CONCAT(
      'the list of the team ', p.slug, ' holds every member of its child teams, so whether ', p.login,
      ' is in it for its own sake or through ', p.via_slug, ' cannot be told'
    )
    ELSE CONCAT(
      p.login, ' has the access of the team ', p.slug, ' through its child team ', p.via_slug,
      ', and the list of the parent does not show it'
    )
  END AS reason,
  p.login AS person,
  p.via_slug AS via_team
FROM synced_team_member AS p
JOIN github_team AS t
  ON t.team_key = p.team_key
JOIN team_severity AS v
  ON v.slug_folded = p.slug_folded
LEFT JOIN direct AS d
  ON d.team_key = p.team_key
  AND d.login_folded = p.login_folded
WHERE v.severity <> 'low'
  AND p.via_slug_folded <> p.slug_folded
  AND (d.login_folded IS NULL OR t.expanded = TRUE)
ORDER BY
  resource,
  status,
  severity,
  via_team
