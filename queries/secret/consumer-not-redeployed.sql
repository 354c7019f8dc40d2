-- ---
-- id         = "secret/consumer-not-redeployed"
-- title      = "Consumers are deployed after their secret changed"
-- severity   = "high"
-- population = "own_secret"
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- ---
-- # Rationale
-- The value was changed after the consumer was last deployed, and it is deployed with its
-- secrets: it still uses the old one, and stops when that is removed.
-- # Remediation
-- Run the pipeline of the consumer, and check that it works before the old credential is
-- deleted.
WITH
  link AS (
    SELECT DISTINCT
      registered_secret_folded,
      consumer,
      consumer_folded
    FROM registered_secret
  ),
  deployed AS (
    SELECT
      resource,
      MAX(occurred_at) AS deployed_at
    FROM cloudtrail_event
    WHERE event_name IN ('UpdateFunctionCode20150331v2', 'UpdateFunctionConfiguration20150331v2')
      AND error_code IS NULL
    GROUP BY resource
  )
SELECT
  s.registered_secret AS resource,
  CASE WHEN s.current_version_created_at IS NULL OR d.deployed_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN s.current_version_created_at IS NULL OR d.deployed_at IS NULL THEN CONCAT(
      'whether ', l.consumer, ' was deployed after ', s.registered_secret, ' changed is not known'
    )
    ELSE CONCAT(
      l.consumer, ' was last deployed before ', s.registered_secret, ' changed: it still uses the old value'
    )
  END AS reason,
  s.account_id AS account,
  s.region AS region,
  l.consumer AS consumer,
  s.current_version_created_at AS stored_at,
  d.deployed_at AS deployed_at
FROM own_secret AS s
JOIN link AS l
  ON l.registered_secret_folded = s.registered_secret_folded
JOIN deployed AS d
  ON d.resource = l.consumer
WHERE s.current_version_created_at IS NULL
  OR d.deployed_at IS NULL
  OR d.deployed_at < s.current_version_created_at
ORDER BY
  resource,
  status,
  region,
  consumer
