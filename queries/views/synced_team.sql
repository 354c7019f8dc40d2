-- ---
-- id  = "views/synced_team"
-- doc = "GitHub teams that the sync copies: all but the ignored ones."
-- ---
SELECT
  t.team_key AS team_key,
  t.slug AS slug,
  t.slug_folded AS slug_folded,
  t.created_at AS created_at
FROM github_team AS t
LEFT JOIN setting_github_ignored_teams AS x
  ON x.value_folded = t.slug_folded
WHERE x.value_folded IS NULL
