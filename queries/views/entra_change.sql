-- ---
-- id  = "views/entra_change"
-- doc = "Directory audit events that took effect, or do not say that they failed: what a difference may be explained with."
-- ---
SELECT
  event_id,
  activity,
  occurred_at,
  target_id,
  target_name_folded,
  group_id,
  user_id
FROM entra_audit_event
WHERE (succeeded IS DISTINCT FROM FALSE)
