-- ---
-- id  = "views/provisioning_token_event"
-- doc = "Events of CloudTrail that made a provisioning token of Identity Center, with its tenant. Where it was not read whether the call succeeded, the time is null: a token of unknown age may be there."
-- ---
SELECT
  COALESCE(resource, account_id, 'unknown tenant') AS tenant,
  CASE WHEN succeeded = TRUE THEN occurred_at END AS occurred_at,
  actor
FROM cloudtrail_event
WHERE event_name = 'CreateBearerToken'
  AND (succeeded IS DISTINCT FROM FALSE)
  AND error_code IS NULL
