-- ---
-- id  = "views/cause_recreated_group"
-- doc = "Identity Center groups that had another id at the baseline, which is gone: folded name, former id."
-- ---
SELECT DISTINCT
  g.display_name_folded AS name_folded,
  b.group_id AS former_id
FROM identity_center_group AS g
JOIN baseline_identity_center_group AS b
  ON b.display_name_folded = g.display_name_folded
LEFT JOIN baseline_identity_center_group AS same
  ON same.group_id = g.group_id
LEFT JOIN identity_center_group AS still
  ON still.group_id = b.group_id
WHERE same.group_id IS NULL
  AND still.group_id IS NULL
