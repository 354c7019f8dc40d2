-- ---
-- id  = "views/user_severity"
-- doc = "What an Identity Center user's whole access is worth, through groups and direct assignments: a row low for each user, and a row for each severity. The worst one counts."
-- ---
SELECT
  ic_user_key,
  'low' AS severity
FROM identity_center_user
UNION ALL
SELECT DISTINCT
  ic_user_key,
  severity
FROM assignment
WHERE ic_user_key IS NOT NULL
UNION ALL
SELECT DISTINCT
  m.ic_user_key AS ic_user_key,
  a.severity AS severity
FROM identity_center_membership AS m
JOIN assignment AS a
  ON a.ic_group_key = m.ic_group_key
WHERE m.ic_user_key IS NOT NULL
