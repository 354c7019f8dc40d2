-- ---
-- id  = "views/approval_by_group"
-- doc = "Approvals that count for a prefixed group: they name its id, or no id and its name, and are not dated after the snapshot."
-- ---
SELECT
  g.group_key AS group_key,
  r.line AS line,
  r.group_id AS approved_id,
  r.approver AS approver,
  r.ticket AS ticket,
  r.approved_at AS approved_at,
  r.expires_at AS expires_at
FROM approved_group AS r
JOIN prefixed_group AS g
  ON g.group_id = r.group_id_folded
CROSS JOIN setting AS p
WHERE NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
UNION ALL
SELECT
  g.group_key AS group_key,
  r.line AS line,
  r.group_id AS approved_id,
  r.approver AS approver,
  r.ticket AS ticket,
  r.approved_at AS approved_at,
  r.expires_at AS expires_at
FROM approved_group AS r
JOIN prefixed_group AS g
  ON g.display_name_folded = r.group_name_folded
CROSS JOIN setting AS p
WHERE r.group_id_folded IS NULL
  AND NOT COALESCE(r.approved_from > p.setting_as_of, FALSE)
