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
  seen AS (
    SELECT DISTINCT
      s.registered_secret_folded AS registered_secret_folded,
      s.account_id AS account_id,
      s.region AS region,
      c.consumer AS consumer,
      d.event_id AS event_id,
      CASE
        WHEN d.succeeded = FALSE THEN 'refused'
        WHEN d.succeeded IS NULL OR d.occurred_at IS NULL OR d.account_id IS NULL THEN 'not known'
        WHEN c.function_account_id IS NULL AND (d.account_id IS DISTINCT FROM s.account_id) THEN 'elsewhere'
        WHEN d.occurred_at < s.current_version_created_at THEN 'before'
        WHEN d.occurred_at >= s.current_version_created_at THEN 'after'
        ELSE 'not known'
      END AS what,
      CASE
        WHEN d.occurred_at < s.current_version_created_at THEN TRUE
        ELSE FALSE
      END AS early,
      d.occurred_at AS occurred_at
    FROM own_secret AS s
    JOIN registered_consumer AS c
      ON c.registered_secret_folded = s.registered_secret_folded
    JOIN deployment AS d
      ON d.function_folded = c.function_folded
    WHERE (c.function_account_id IS NULL OR d.account_id IS NULL OR d.account_id = c.function_account_id)
      AND (c.function_region IS NULL OR d.region IS NULL OR d.region = c.function_region)
  ),
  counted AS (
    SELECT
      registered_secret_folded,
      account_id,
      region,
      consumer,
      COUNT(CASE WHEN what = 'after' THEN 1 END) AS deployed,
      COUNT(CASE WHEN what = 'before' THEN 1 END) AS missed,
      COUNT(CASE WHEN what = 'not known' AND early = FALSE THEN 1 END) AS unsure,
      MAX(CASE WHEN what = 'before' OR what = 'after' THEN occurred_at END) AS deployed_at
    FROM seen
    GROUP BY
      registered_secret_folded,
      account_id,
      region,
      consumer
  )
SELECT
  s.registered_secret AS resource,
  CASE WHEN n.missed > 0 AND n.unsure = 0 THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN n.missed > 0 AND n.unsure = 0 THEN CONCAT(
      n.consumer, ' was last deployed before ', s.registered_secret, ' changed: it still uses the old value'
    )
    ELSE CONCAT(
      'whether ', n.consumer, ' was deployed after ', s.registered_secret, ' changed is not known'
    )
  END AS reason,
  s.account_id AS account,
  s.region AS region,
  n.consumer AS consumer,
  s.current_version_created_at AS stored_at,
  n.deployed_at AS deployed_at
FROM own_secret AS s
JOIN counted AS n
  ON n.registered_secret_folded = s.registered_secret_folded
  AND n.account_id = s.account_id
  AND n.region = s.region
WHERE n.deployed = 0
ORDER BY
  resource,
  status,
  region,
  consumer
