-- ---
-- id  = "views/prefixed_group_severity"
-- doc = "What the access of a prefixed Entra group is worth, found by name in Identity Center: a row low for each group, and a row for each severity among its assignments. The worst one counts."
-- ---
SELECT
  display_name_folded AS name_folded,
  'low' AS severity
FROM prefixed_group
UNION ALL
SELECT DISTINCT
  g.display_name_folded AS name_folded,
  a.severity AS severity
FROM identity_center_group AS g
JOIN assignment AS a
  ON a.ic_group_key = g.ic_group_key
