-- ---
-- id  = "views/team_membership"
-- doc = "Identity Center memberships of groups that are named after a synced GitHub team and do not carry the Entra prefix."
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
  t.team_key AS team_key,
  t.slug AS slug,
  t.slug_folded AS slug_folded,
  t.created_at AS team_created_at
FROM identity_center_person AS m
JOIN synced_team AS t
  ON t.slug_folded = m.group_name_folded
WHERE (m.prefixed IS DISTINCT FROM TRUE)
