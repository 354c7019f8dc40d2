-- ---
-- id  = "views/effective_access"
-- doc = "Who can reach what: one row per person, account, permission set and path, a path being a group or a direct assignment."
-- ---
SELECT
  u.user_name AS person,
  u.user_name_folded AS person_folded,
  u.display_name AS display_name,
  u.email_type AS email_type,
  u.email_type_folded AS email_type_folded,
  a.account AS account,
  a.account_key AS account_key,
  a.production AS production,
  a.permission_set AS permission_set,
  a.permission_set_folded AS permission_set_folded,
  a.privileged AS privileged,
  a.severity AS severity,
  CONCAT('group ', COALESCE(g.display_name, g.group_id)) AS path,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  m.created_at AS since,
  g.created_at AS group_created_at
FROM assignment AS a
JOIN identity_center_group AS g
  ON g.ic_group_key = a.ic_group_key
JOIN identity_center_membership AS m
  ON m.ic_group_key = a.ic_group_key
JOIN identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
UNION ALL
SELECT
  u.user_name AS person,
  u.user_name_folded AS person_folded,
  u.display_name AS display_name,
  u.email_type AS email_type,
  u.email_type_folded AS email_type_folded,
  a.account AS account,
  a.account_key AS account_key,
  a.production AS production,
  a.permission_set AS permission_set,
  a.permission_set_folded AS permission_set_folded,
  a.privileged AS privileged,
  a.severity AS severity,
  'direct assignment' AS path,
  NULL AS group_name,
  NULL AS group_name_folded,
  NULL AS since,
  NULL AS group_created_at
FROM assignment AS a
JOIN identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
