-- ---
-- id  = "views/provisioning_token_event"
-- doc = "Events of CloudTrail that made a provisioning token of Identity Center, with its tenant."
-- ---
SELECT
  COALESCE(resource, account_id, 'unknown tenant') AS tenant,
  occurred_at,
  actor
FROM cloudtrail_event
WHERE event_name = 'CreateBearerToken'
  AND error_code IS NULL
