-- ---
-- id  = "rotation/dependent"
-- doc = "What uses the secret, as the register says it, and configured syncs of which no row says what they use: code says what each is, role is the word for it."
-- ---
SELECT
  d.consumer AS consumer,
  d.code AS code,
  CASE d.code
    WHEN 'connection' THEN 'broker connection'
    WHEN 'missing_connection' THEN 'broker connection that was not found'
    WHEN 'unconfigured_sync' THEN 'sync that is not configured'
    WHEN 'unregistered_sync' THEN 'sync whose secret is not registered'
    ELSE d.code
  END AS role,
  d.name AS name,
  d.source AS source,
  d.interval_hours AS interval_hours
FROM (
  SELECT DISTINCT
    c.consumer AS consumer,
    CASE
      WHEN c.kind = 'connection' AND k.name IS NOT NULL THEN 'connection'
      WHEN c.kind = 'connection' THEN 'missing_connection'
      WHEN y.name IS NOT NULL THEN 'sync'
      WHEN c.kind = 'sync' THEN 'unconfigured_sync'
      ELSE 'function'
    END AS code,
    c.name AS name,
    CASE
      WHEN c.kind = 'connection' AND k.strategy = 'waad' THEN 'entra'
      WHEN c.kind = 'connection' AND k.strategy = 'github' THEN 'github'
      WHEN c.kind = 'connection' THEN NULL
      ELSE y.source
    END AS source,
    CASE WHEN c.kind <> 'connection' THEN y.interval_hours END AS interval_hours
  FROM rotation_consumer AS c
  LEFT JOIN setting_sync AS y
    ON y.name_folded = c.name_folded
  LEFT JOIN auth0_connection AS k
    ON k.name = c.name
  UNION ALL
  SELECT
    y.name AS consumer,
    'unregistered_sync' AS code,
    y.name AS name,
    y.source AS source,
    y.interval_hours AS interval_hours
  FROM (
    SELECT
      name,
      name_folded,
      CONCAT('sync/', name_folded) AS marked_folded,
      source,
      interval_hours
    FROM setting_sync
  ) AS y
  LEFT JOIN (SELECT DISTINCT consumer_folded FROM registered_secret) AS a
    ON a.consumer_folded = y.name_folded
  LEFT JOIN (SELECT DISTINCT consumer_folded FROM registered_secret) AS b
    ON b.consumer_folded = y.marked_folded
  WHERE a.consumer_folded IS NULL
    AND b.consumer_folded IS NULL
) AS d
