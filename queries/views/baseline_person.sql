-- ---
-- id  = "views/baseline_person"
-- doc = "The same as identity_center_person, in the baseline snapshot; no rows without one."
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
FROM baseline_identity_center_membership AS m
JOIN baseline_identity_center_group AS g
  ON g.ic_group_key = m.ic_group_key
JOIN baseline_identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
