-- ---
-- id  = "views/team_severity"
-- doc = "What the access of a GitHub team is worth, found by name in Identity Center: a row low for each team, and a row for each severity among its assignments. The worst one counts; a team with low alone has no live access."
-- ---
SELECT
  slug_folded,
  'low' AS severity
FROM github_team
UNION ALL
SELECT DISTINCT
  t.slug_folded AS slug_folded,
  a.severity AS severity
FROM github_team AS t
JOIN identity_center_group AS g
  ON g.display_name_folded = t.slug_folded
JOIN assignment AS a
  ON a.ic_group_key = g.ic_group_key
