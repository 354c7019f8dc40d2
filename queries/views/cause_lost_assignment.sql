-- ---
-- id  = "views/cause_lost_assignment"
-- doc = "Assignments that name the former id of a group that was made anew: account, permission set and today's name of the group."
-- ---
SELECT DISTINCT
  a.account_key AS account_key,
  a.permission_set_folded AS permission_set_folded,
  r.name_folded AS group_name_folded,
  'recreated under a new id' AS cause
FROM assignment AS a
JOIN cause_recreated_group AS r
  ON r.former_id = a.principal_id
