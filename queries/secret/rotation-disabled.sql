-- ---
-- id         = "secret/rotation-disabled"
-- title      = "Secrets with rotation rules are rotated by them"
-- severity   = "medium"
-- population = "own_secret"
-- optional   = ["registered_secret", "cloudtrail_event"]
-- params     = { late_hours = 24 }
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- ---
-- # Rationale
-- The secret has rules for automatic rotation and they do nothing: rotation was switched
-- off, the last one failed, or its day has passed. Everybody relies on a rotation that
-- does not happen.
-- # Remediation
-- Read the log of the rotation function, mend it and rotate once; or delete the rules and
-- rotate by hand.
WITH
  failure AS (
    SELECT
      resource,
      account_id,
      region,
      MAX(occurred_at) AS failed_at
    FROM cloudtrail_event
    WHERE event_name = 'RotationFailed'
    GROUP BY
      resource,
      account_id,
      region
  ),
  failed AS (
    SELECT
      k.arn AS arn,
      MAX(k.failed_at) AS failed_at
    FROM (
      SELECT s.arn AS arn, f.failed_at AS failed_at
      FROM own_secret AS s
      JOIN failure AS f
        ON f.resource = s.arn
      UNION ALL
      SELECT s.arn AS arn, f.failed_at AS failed_at
      FROM own_secret AS s
      JOIN failure AS f
        ON f.resource = s.name
        AND f.account_id = s.account_id
        AND f.region = s.region
      UNION ALL
      SELECT s.arn AS arn, f.failed_at AS failed_at
      FROM (
        SELECT
          arn,
          CONCAT('arn:', split_part(arn, ':', 2), ':secretsmanager:', region, ':', account_id, ':secret:', name) AS partial_arn
        FROM own_secret
      ) AS s
      JOIN failure AS f
        ON f.resource = s.partial_arn
    ) AS k
    GROUP BY k.arn
  ),
  judged AS (
    SELECT
      s.registered_secret AS registered_secret,
      s.account_id AS account_id,
      s.region AS region,
      s.rotation_enabled AS rotation_enabled,
      s.rotation_days AS rotation_days,
      s.last_rotated_at AS last_rotated_at,
      s.next_rotation_at AS next_rotation_at,
      f.failed_at AS failed_at,
      CASE
        WHEN s.rotation_enabled = FALSE AND s.rotation_days IS NOT NULL THEN 'off'
        WHEN s.rotation_enabled = TRUE AND f.failed_at > COALESCE(s.last_rotated_at, s.created_at) THEN 'failed'
        WHEN s.rotation_enabled = TRUE AND s.next_rotation_at < p.late_hours_cutoff THEN 'late'
        WHEN s.rotation_enabled IS NULL AND s.rotation_days IS NOT NULL THEN 'unknown'
        ELSE 'none'
      END AS verdict
    FROM own_secret AS s
    CROSS JOIN param AS p
    LEFT JOIN failed AS f
      ON f.arn = s.arn
  )
SELECT
  registered_secret AS resource,
  CASE WHEN verdict = 'unknown' THEN 'unknown' ELSE 'fail' END AS status,
  CASE verdict
    WHEN 'off' THEN CONCAT(
      registered_secret, ' has rules to be rotated every ', CAST(rotation_days AS STRING),
      ' days, and automatic rotation is off'
    )
    WHEN 'failed' THEN CONCAT('the last automatic rotation of ', registered_secret, ' failed')
    WHEN 'late' THEN CONCAT('the day of the next automatic rotation of ', registered_secret, ' has passed')
    ELSE CONCAT(
      registered_secret, ' has rules for automatic rotation, and whether it is on could not be read'
    )
  END AS reason,
  account_id AS account,
  region AS region,
  rotation_enabled AS rotation_enabled,
  rotation_days AS rotation_days,
  last_rotated_at AS last_rotated_at,
  next_rotation_at AS next_rotation_at,
  failed_at AS failed_at
FROM judged
WHERE verdict <> 'none'
ORDER BY
  resource,
  status,
  region
