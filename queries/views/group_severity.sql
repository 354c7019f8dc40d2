-- ---
-- id  = "views/group_severity"
-- doc = "What an Identity Center group's access is worth: a row low for each group, and a row for each severity among its assignments. The worst one counts."
-- ---
SELECT
  ic_group_key,
  'low' AS severity
FROM identity_center_group
UNION ALL
SELECT DISTINCT
  ic_group_key,
  severity
FROM assignment
WHERE ic_group_key IS NOT NULL
