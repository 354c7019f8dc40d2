-- ---
-- id  = "views/entra_odd_member"
-- doc = "Members of prefixed Entra groups that are no user: groups, service principals, devices, contacts, and what has no type."
-- ---
SELECT DISTINCT
  g.group_key AS group_key,
  g.display_name AS group_name,
  COALESCE(e.member_id, 'unknown id') AS member_id,
  CASE
    WHEN n.group_key IS NOT NULL THEN 'group'
    WHEN e.member_type = 'servicePrincipal' THEN 'service principal'
    WHEN e.member_type = 'orgContact' THEN 'contact'
    ELSE e.member_type
  END AS kind,
  n.group_key AS nested_key,
  n.display_name AS nested_name
FROM entra_group_member AS e
JOIN prefixed_group AS g
  ON g.group_key = e.group_key
LEFT JOIN entra_group AS n
  ON n.group_id = e.member_id
LEFT JOIN entra_user AS u
  ON u.user_id = e.member_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND (e.member_type IS DISTINCT FROM 'user')
