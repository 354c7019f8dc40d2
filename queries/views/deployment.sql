-- ---
-- id  = "views/deployment"
-- doc = "Calls of CloudTrail that deploy a function: the one list of them. The API date in the name of an event does not count, nor how the call names the function: by name, ARN or a part of one, with or without a version. Whether it succeeded is null where that was not read."
-- ---
SELECT
  e.event_id AS event_id,
  e.event_name AS event_name,
  e.occurred_at AS occurred_at,
  e.succeeded AS succeeded,
  CASE
    WHEN starts_with(e.function_name_folded, 'arn:') THEN split_part(e.function_name_folded, ':', 7)
    WHEN split_part(e.function_name_folded, ':', 2) = 'function' THEN split_part(e.function_name_folded, ':', 3)
    ELSE split_part(e.function_name_folded, ':', 1)
  END AS function_folded,
  CASE
    WHEN starts_with(e.function_name_folded, 'arn:') THEN split_part(e.function_name_folded, ':', 5)
    WHEN split_part(e.function_name_folded, ':', 2) = 'function' THEN split_part(e.function_name_folded, ':', 1)
    ELSE e.account_id
  END AS account_id,
  CASE
    WHEN starts_with(e.function_name_folded, 'arn:') THEN split_part(e.function_name_folded, ':', 4)
    ELSE e.region
  END AS region
FROM cloudtrail_event AS e
WHERE split_part(e.event_name, '2', 1) IN ('UpdateFunctionCode', 'UpdateFunctionConfiguration', 'CreateFunction')
  AND (e.event_source IS NULL OR e.event_source = 'lambda.amazonaws.com')
  AND e.function_name_folded IS NOT NULL
