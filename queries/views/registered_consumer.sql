-- ---
-- id  = "views/registered_consumer"
-- doc = "What the register names as the consumer of a secret, as a function: its plain name, with its account and Region where the register says them by an ARN. What is no function has a name too, and no event."
-- ---
SELECT DISTINCT
  r.registered_secret_folded AS registered_secret_folded,
  r.consumer AS consumer,
  r.consumer_folded AS consumer_folded,
  CASE
    WHEN starts_with(r.consumer_folded, 'arn:') THEN split_part(r.consumer_folded, ':', 7)
    WHEN split_part(r.consumer_folded, ':', 2) = 'function' THEN split_part(r.consumer_folded, ':', 3)
    ELSE split_part(r.consumer_folded, ':', 1)
  END AS function_folded,
  CASE
    WHEN starts_with(r.consumer_folded, 'arn:') THEN split_part(r.consumer_folded, ':', 5)
    WHEN split_part(r.consumer_folded, ':', 2) = 'function' THEN split_part(r.consumer_folded, ':', 1)
  END AS function_account_id,
  CASE
    WHEN starts_with(r.consumer_folded, 'arn:') THEN split_part(r.consumer_folded, ':', 4)
  END AS function_region
FROM registered_secret AS r
WHERE r.consumer_folded IS NOT NULL
