-- ---
-- id  = "views/group_assignment"
-- doc = "Account assignments to groups that exist, with the name of the group."
-- ---
SELECT
  a.account_key AS account_key,
  a.account AS account,
  a.permission_set_key AS permission_set_key,
  a.permission_set AS permission_set,
  a.permission_set_folded AS permission_set_folded,
  a.privileged AS privileged,
  a.production AS production,
  a.severity AS severity,
  g.ic_group_key AS ic_group_key,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.prefixed AS prefixed,
  COALESCE(g.display_name, g.group_id) AS group_label
FROM assignment AS a
JOIN identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
