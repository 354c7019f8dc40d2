-- ---
-- id  = "views/login_severity"
-- doc = "What a GitHub login's access is worth: a row low for each member, a row high for each owner of the organisation, and those of the Identity Center user that the sync makes of it. The worst one counts."
-- ---
SELECT
  login_folded,
  'low' AS severity
FROM github_member
UNION ALL
SELECT
  login_folded,
  'high' AS severity
FROM github_member
WHERE role = 'ADMIN'
UNION ALL
SELECT DISTINCT
  m.login_folded AS login_folded,
  v.severity AS severity
FROM (
  SELECT
    o.login_folded AS login_folded,
    CONCAT(o.login_folded, COALESCE(s.identity_center_github_suffix_folded, '')) AS user_name_folded
  FROM github_member AS o
  CROSS JOIN setting AS s
  WHERE o.login_folded IS NOT NULL
) AS m
JOIN identity_center_user AS u
  ON u.user_name_folded = m.user_name_folded
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
