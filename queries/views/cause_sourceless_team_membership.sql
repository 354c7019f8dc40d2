-- ---
-- id  = "views/cause_sourceless_team_membership"
-- doc = "Why somebody is in the Identity Center group of a GitHub team and not in that, where the data shows it; one row per group and user."
-- ---
SELECT DISTINCT
  m.ic_group_key AS ic_group_key,
  m.ic_user_key AS ic_user_key,
  CASE
    WHEN tw.name_folded IS NOT NULL THEN 'case twin'
    WHEN i.email_type_folded <> s.identity_center_github_email_type_folded THEN 'other writer'
  END AS cause
FROM sourceless_team_membership AS m
JOIN identity_center_user AS i
  ON i.ic_user_key = m.ic_user_key
CROSS JOIN setting AS s
LEFT JOIN cause_team_twin AS tw
  ON tw.name_folded = m.group_name_folded
WHERE m.doubtful = FALSE
