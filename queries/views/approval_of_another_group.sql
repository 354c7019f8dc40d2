-- ---
-- id  = "views/approval_of_another_group"
-- doc = "Prefixed groups whose name was approved, but for another object id, with those approvals; ones dated after the snapshot are left out."
-- ---
SELECT
  g.group_key AS group_key,
  r.line AS line,
  r.group_id AS approved_id,
  r.approver AS approver,
  r.ticket AS ticket,
  r.approved_at AS approved_at
FROM approved_group AS r
JOIN prefixed_group AS g
  ON g.display_name_folded = r.group_name_folded
CROSS JOIN setting AS p
WHERE r.group_id_folded <> g.group_id
  AND NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
