-- ---
-- id  = "views/identity_center_group_approval"
-- doc = "Approvals that count for an Identity Center group: they name the id of the prefixed Entra group of its name, or its own, or no id and its name, and are not dated after the snapshot."
-- ---
SELECT
  g.ic_group_key AS ic_group_key,
  r.line AS line
FROM approved_group AS r
JOIN prefixed_group AS e
  ON e.group_id = r.group_id_folded
JOIN identity_center_group AS g
  ON g.display_name_folded = e.display_name_folded
CROSS JOIN setting AS p
WHERE NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
UNION ALL
SELECT
  g.ic_group_key AS ic_group_key,
  r.line AS line
FROM approved_group AS r
JOIN identity_center_group AS g
  ON g.group_id = r.group_id_folded
CROSS JOIN setting AS p
WHERE NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
UNION ALL
SELECT
  g.ic_group_key AS ic_group_key,
  r.line AS line
FROM approved_group AS r
JOIN identity_center_group AS g
  ON g.display_name_folded = r.group_name_folded
CROSS JOIN setting AS p
WHERE r.group_id_folded IS NULL
  AND NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
