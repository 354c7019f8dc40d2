-- ---
-- id  = "views/team_person"
-- doc = "Members of each GitHub team, those of its child teams included, with the user name that the sync gives them; one row per membership that leads into the team."
-- ---
SELECT
  t.team_key AS team_key,
  t.slug AS slug,
  t.slug_folded AS slug_folded,
  t.created_at AS team_created_at,
  v.slug AS via_slug,
  v.slug_folded AS via_slug_folded,
  v.created_at AS via_created_at,
  COALESCE(o.login, e.login) AS login,
  COALESCE(o.login_folded, e.login_folded) AS login_folded,
  CASE
    WHEN COALESCE(o.login_folded, e.login_folded) IS NULL THEN NULL
    ELSE CONCAT(
      COALESCE(o.login_folded, e.login_folded, ''),
      COALESCE(s.identity_center_github_suffix_folded, '')
    )
  END AS user_name_folded
FROM github_team_member AS e
JOIN github_team_ancestor AS a
  ON a.team_key = e.team_key
JOIN github_team AS t
  ON t.team_key = a.ancestor_key
JOIN github_team AS v
  ON v.team_key = e.team_key
LEFT JOIN github_member AS o
  ON o.member_key = e.member_key
CROSS JOIN setting AS s
