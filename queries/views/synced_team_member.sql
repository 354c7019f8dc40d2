-- ---
-- id  = "views/synced_team_member"
-- doc = "Whom the GitHub sync should have put into the Identity Center group named after the team: members of synced teams and of their child teams."
-- ---
SELECT
  p.team_key AS team_key,
  p.slug AS slug,
  p.slug_folded AS slug_folded,
  p.team_created_at AS team_created_at,
  p.via_slug AS via_slug,
  p.via_slug_folded AS via_slug_folded,
  p.via_created_at AS via_created_at,
  p.login AS login,
  p.login_folded AS login_folded,
  p.user_name_folded AS user_name_folded
FROM team_person AS p
JOIN synced_team AS t
  ON t.team_key = p.team_key
