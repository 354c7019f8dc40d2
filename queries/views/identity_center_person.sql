-- ---
-- id  = "views/identity_center_person"
-- doc = "Memberships of Identity Center with the names of both ends; a membership whose end is missing is left out."
-- ---
SELECT
  g.ic_group_key AS ic_group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.prefixed AS prefixed,
  g.created_at AS group_created_at,
  u.ic_user_key AS ic_user_key,
  u.user_id AS user_id,
  u.user_name AS user_name,
  u.user_name_folded AS user_name_folded,
  u.created_at AS user_created_at,
  m.created_at AS membership_created_at
FROM identity_center_membership AS m
JOIN identity_center_group AS g
  ON g.ic_group_key = m.ic_group_key
JOIN identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
