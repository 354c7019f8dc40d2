-- ---
-- id  = "views/cause_missing_team_member"
-- doc = "Why somebody is missing from the Identity Center group of a GitHub team, where the data shows it; one row per team and login."
-- ---
WITH
  missing AS (
    SELECT
      team_key,
      slug_folded,
      login_folded,
      user_name_folded,
      MAX(CASE WHEN was_there = TRUE THEN login_folded END) AS there_before,
      COUNT(CASE WHEN via_slug_folded = slug_folded THEN 1 END) AS immediate
    FROM missing_team_member
    WHERE unread = FALSE
      AND login_folded IS NOT NULL
    GROUP BY
      team_key,
      slug_folded,
      login_folded,
      user_name_folded
  ),
  listed AS (
    SELECT DISTINCT
      p.team_key AS team_key,
      p.login_folded AS login_folded
    FROM synced_team_member AS p
    JOIN (SELECT DISTINCT team_key FROM missing) AS m
      ON m.team_key = p.team_key
  ),
  counted AS (
    SELECT
      team_key,
      COUNT(*) AS everybody,
      COUNT(login_folded) AS members
    FROM listed
    GROUP BY team_key
  ),
  lacking AS (
    SELECT
      team_key,
      COUNT(*) AS members
    FROM missing
    GROUP BY team_key
  ),
  page AS (
    SELECT DISTINCT c.team_key AS team_key
    FROM counted AS c
    JOIN lacking AS l
      ON l.team_key = c.team_key
    WHERE c.everybody = c.members
      AND c.members - l.members = 100
  )
SELECT DISTINCT
  m.slug_folded AS slug_folded,
  m.login_folded AS login_folded,
  CASE
    WHEN m.there_before IS NOT NULL AND (ru.name_folded IS NOT NULL OR rg.name_folded IS NOT NULL)
      THEN 'recreated under a new id'
    WHEN tw.name_folded IS NOT NULL THEN 'case twin'
    WHEN m.immediate = 0 THEN 'nested group'
    WHEN f.team_key IS NOT NULL THEN 'beyond the first page of 100'
  END AS cause
FROM missing AS m
LEFT JOIN cause_recreated_user AS ru
  ON ru.name_folded = m.user_name_folded
LEFT JOIN (SELECT DISTINCT name_folded FROM cause_recreated_group) AS rg
  ON rg.name_folded = m.slug_folded
LEFT JOIN cause_team_twin AS tw
  ON tw.name_folded = m.slug_folded
LEFT JOIN page AS f
  ON f.team_key = m.team_key
