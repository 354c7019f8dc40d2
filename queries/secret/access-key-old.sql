-- ---
-- id         = "secret/access-key-old"
-- title      = "IAM access keys are young and used"
-- severity   = "high"
-- population = "aws_access_key"
-- optional   = ["registered_secret", "aws_account"]
-- params     = { unused_days = 90 }
-- controls   = { "nist-800-53r5" = ["AC-2(3)(d)", "IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"], "cis-aws-7.0.0" = ["2.11", "2.12"], "moj-acp" = ["POL.ACP.034"] }
-- ---
-- # Rationale
-- An access key works from anywhere, without a second factor, for as long as it exists.
-- An old one has been copied to places that nobody remembers; an unused one is only there
-- for whoever finds it.
-- # Remediation
-- Use a role instead. Where a key is needed, rotate it, and delete it when it is not used.
WITH
  judged AS (
    SELECT
      CONCAT(
        COALESCE(c.label, k.account_id, 'unknown account'), '/', COALESCE(k.user_name, 'unknown user'), '/',
        COALESCE(CAST(k.slot AS STRING), 'unknown key')
      ) AS key_name,
      COALESCE(c.label, k.account_id) AS account,
      k.user_name AS user_name,
      k.active AS active,
      k.last_rotated_at AS last_rotated_at,
      k.last_used_at AS last_used_at,
      COALESCE(r.rotation_days, s.secret_default_rotation_days) AS rotation_days,
      k.last_rotated_at < d.cutoff AS too_old,
      k.use_read AS use_read,
      CASE
        WHEN k.use_read = FALSE THEN NULL
        WHEN k.last_used_at IS NULL THEN k.last_rotated_at < p.unused_days_cutoff
        ELSE k.last_used_at < p.unused_days_cutoff
      END AS unused
    FROM aws_access_key AS k
    CROSS JOIN setting AS s
    CROSS JOIN param AS p
    LEFT JOIN secret_policy AS r
      ON r.registered_secret_folded = k.registered_secret_folded
    LEFT JOIN period AS d
      ON d.days = COALESCE(r.rotation_days, s.secret_default_rotation_days)
    LEFT JOIN aws_account AS c
      ON c.account_id = k.account_id
    WHERE (k.active IS DISTINCT FROM FALSE)
      AND (k.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
  )
SELECT
  j.key_name AS resource,
  CASE
    WHEN j.active IS NULL THEN 'unknown'
    WHEN j.too_old = TRUE OR j.unused = TRUE THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN j.active IS NULL THEN CONCAT('whether the access key ', j.key_name, ' works could not be read')
    WHEN j.too_old = TRUE AND j.unused = TRUE THEN CONCAT(
      'the access key ', j.key_name, ' is older than its rotation period of ', CAST(j.rotation_days AS STRING),
      ' days and was not used for ', CAST(p.unused_days AS STRING), ' days'
    )
    WHEN j.too_old = TRUE THEN CONCAT(
      'the access key ', j.key_name, ' is older than its rotation period of ', CAST(j.rotation_days AS STRING), ' days'
    )
    WHEN j.unused = TRUE THEN CONCAT(
      'the access key ', j.key_name, ' was not used for ', CAST(p.unused_days AS STRING), ' days'
    )
    WHEN j.last_rotated_at IS NOT NULL THEN CONCAT('when the access key ', j.key_name, ' was last used could not be read')
    ELSE CONCAT('when the access key ', j.key_name, ' was made is not known, so how old it is cannot be told')
  END AS reason,
  j.account AS account,
  j.user_name AS user_name,
  j.last_rotated_at AS last_rotated_at,
  j.last_used_at AS last_used_at,
  j.rotation_days AS rotation_days
FROM judged AS j
CROSS JOIN param AS p
WHERE j.active IS NULL
  OR j.too_old = TRUE
  OR j.unused = TRUE
  OR j.last_rotated_at IS NULL
  OR j.use_read = FALSE
ORDER BY
  resource,
  status,
  last_rotated_at
