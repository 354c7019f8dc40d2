-- ---
-- id  = "views/cause_missing_team_group"
-- doc = "Why a synced GitHub team has no Identity Center group, where the data shows it; one row per team."
-- ---
SELECT
  g.team_key AS team_key,
  CASE
    WHEN c.all_teams - c.missing_teams = 100 THEN 'beyond the first page of 100'
  END AS cause
FROM (SELECT DISTINCT team_key FROM missing_team_group) AS g
CROSS JOIN (
  SELECT DISTINCT
    COUNT(*) AS all_teams,
    COUNT(m.team_key) AS missing_teams
  FROM synced_team AS t
  LEFT JOIN (SELECT DISTINCT team_key FROM missing_team_group) AS m
    ON m.team_key = t.team_key
) AS c
