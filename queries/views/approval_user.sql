-- ---
-- id  = "views/approval_user"
-- doc = "Entra users that an approval names, by every name that they go by: who approved a group, who asked for it, and who made it."
-- ---
SELECT DISTINCT
  u.name_folded AS name_folded,
  u.user_key AS user_key
FROM entra_user_name AS u
JOIN (
  SELECT approver_folded AS name_folded
  FROM approval_in_full
  UNION ALL
  SELECT requester_folded AS name_folded
  FROM approval_in_full
  UNION ALL
  SELECT m.initiated_by_folded AS name_folded
  FROM entra_audit_event AS m
  JOIN approval_in_full AS a
    ON a.group_id = m.group_id
  WHERE m.activity = 'Add group'
) AS n
  ON n.name_folded = u.name_folded
