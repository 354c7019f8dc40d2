-- ---
-- id  = "views/approval_in_full"
-- doc = "The approval that decides for a prefixed group, with the group and every column of the record that the approval rules need."
-- ---
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS display_name,
  g.display_name_folded AS display_name_folded,
  r.line AS line,
  r.requester AS requester,
  r.requester_folded AS requester_folded,
  r.approver AS approver,
  r.approver_folded AS approver_folded,
  r.ticket AS ticket,
  r.approved_at AS approved_at,
  r.accounts AS accounts,
  r.accounts_folded AS accounts_folded,
  r.permission_sets AS permission_sets,
  r.permission_sets_folded AS permission_sets_folded
FROM approval_that_counts AS c
JOIN prefixed_group AS g
  ON g.group_key = c.group_key
JOIN approved_group AS r
  ON r.line = c.line
