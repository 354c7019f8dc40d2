-- ---
-- id  = "views/cause_teamless_group"
-- doc = "Identity Center groups without a team whose members all have an address type that the GitHub sync does not write."
-- ---
SELECT
  w.ic_group_key AS ic_group_key,
  'other writer' AS cause
FROM (
  SELECT
    g.ic_group_key AS ic_group_key,
    COUNT(*) AS memberships,
    COUNT(CASE WHEN u.email_type_folded <> s.identity_center_github_email_type_folded THEN 1 END) AS foreign_users
  FROM (SELECT DISTINCT ic_group_key FROM teamless_group) AS g
  JOIN identity_center_membership AS m
    ON m.ic_group_key = g.ic_group_key
  LEFT JOIN identity_center_user AS u
    ON u.ic_user_key = m.ic_user_key
  CROSS JOIN setting AS s
  GROUP BY g.ic_group_key
) AS w
WHERE w.memberships = w.foreign_users
