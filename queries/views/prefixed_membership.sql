-- ---
-- id  = "views/prefixed_membership"
-- doc = "Identity Center memberships of groups that exist in Entra under the same prefixed name; holding and ignored groups excepted."
-- ---
SELECT
  m.ic_group_key AS ic_group_key,
  m.group_id AS ic_group_id,
  m.group_name AS group_name,
  m.group_name_folded AS group_name_folded,
  m.group_created_at AS ic_group_created_at,
  m.ic_user_key AS ic_user_key,
  m.user_id AS ic_user_id,
  m.user_name AS user_name,
  m.user_name_folded AS user_name_folded,
  m.user_created_at AS user_created_at,
  m.membership_created_at AS membership_created_at,
  g.group_id AS entra_group_id,
  g.created_at AS entra_group_created_at
FROM identity_center_person AS m
JOIN prefixed_group AS g
  ON g.display_name_folded = m.group_name_folded
LEFT JOIN excluded_group AS x
  ON x.name_folded = m.group_name_folded
WHERE x.name_folded IS NULL
