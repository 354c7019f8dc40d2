-- ---
-- id         = "github/outside-collaborator-in-review"
-- title      = "Teams and reviewers of deployments belong to the organisation"
-- severity   = "low"
-- population = "github_team_member"
-- controls   = { "nist-800-53r5" = ["AC-2d", "PS-7"], "iso27001:2022" = ["A.5.18", "A.5.19"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["7.2.4", "8.2.7"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.035"] }
-- optional   = ["github_outside_collaborator", "declared_reviewer"]
-- ---
-- # Rationale
-- Somebody outside the organisation is bound by none of its rules: no single
-- sign-on, no second factor, nobody who says when the person leaves. In a team
-- such a login gets what the team gets; as a reviewer it lets code into the
-- account.
-- # Remediation
-- Make the person a member of the organisation, with a second factor and a linked
-- identity, or take the login out of the team or of additional_reviewers in the
-- environment file.
WITH
  member AS (
    SELECT DISTINCT login_folded
    FROM github_member
  ),
  collaborator AS (
    SELECT DISTINCT login_folded
    FROM github_outside_collaborator
  )
SELECT
  COALESCE(e.login, CONCAT(t.slug, '/unknown login')) AS resource,
  v.severity AS severity,
  CASE WHEN e.login IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN e.login IS NULL THEN CONCAT(
      'the login of a member of the team ', t.slug, ' could not be read, so whether it belongs to the organisation cannot be told'
    )
    ELSE CONCAT(e.login, ' is in the team ', t.slug, ' and no member of the organisation')
  END AS reason,
  e.login AS person,
  'team' AS place_kind,
  t.slug AS place,
  CASE WHEN c.login_folded IS NULL THEN FALSE ELSE TRUE END AS outside_collaborator
FROM github_team_member AS e
JOIN github_team AS t
  ON t.team_key = e.team_key
JOIN team_severity AS v
  ON v.slug_folded = t.slug_folded
LEFT JOIN member AS m
  ON m.login_folded = e.login_folded
LEFT JOIN collaborator AS c
  ON c.login_folded = e.login_folded
WHERE e.member_key IS NULL
  AND m.login_folded IS NULL
UNION ALL
SELECT
  r.login AS resource,
  CASE
    WHEN r.account_key IS NULL THEN 'low'
    WHEN a.production = TRUE THEN 'high'
    ELSE 'medium'
  END AS severity,
  'fail' AS status,
  CONCAT(r.login, ' may approve deployments to ', r.account, ' and is no member of the organisation') AS reason,
  r.login AS person,
  'account' AS place_kind,
  r.account AS place,
  CASE WHEN c.login_folded IS NULL THEN FALSE ELSE TRUE END AS outside_collaborator
FROM declared_reviewer AS r
LEFT JOIN aws_account AS a
  ON a.account_key = r.account_key
LEFT JOIN member AS m
  ON m.login_folded = r.login_folded
LEFT JOIN collaborator AS c
  ON c.login_folded = r.login_folded
WHERE m.login_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  place_kind,
  place
