-- ---
-- id         = "secret/due-soon"
-- title      = "Credentials are rotated well before their policy or expiry"
-- severity   = "low"
-- population = "credential"
-- own_rows   = true
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- optional   = ["registered_secret"]
-- ---
-- # Rationale
-- Sign-in has stopped before because a client secret ran out unnoticed. A rotation
-- touches several teams and stores, so it is planned, not done on the last day.
-- # Remediation
-- Plan the rotation before the date, and run the pre-rotation report first.
WITH
  placed AS (
    SELECT
      window_days,
      ROW_NUMBER() OVER (ORDER BY window_days DESC) AS place
    FROM (
      SELECT DISTINCT value AS window_days
      FROM setting_secret_warn_days
    ) AS distinct_windows
  ),
  narrower AS (
    SELECT
      window_days AS narrower_days,
      place - 1 AS wider_place
    FROM placed
  ),
  warning AS (
    SELECT
      w.window_days AS window_days,
      w.place AS place,
      f.narrower_days AS narrower_days,
      CASE w.place WHEN 1 THEN 'low' WHEN 2 THEN 'medium' ELSE 'high' END AS severity
    FROM placed AS w
    LEFT JOIN narrower AS f
      ON f.wider_place = w.place
  ),
  looked_at AS (
    SELECT
      c.credential AS credential,
      c.registered_secret AS registered_secret,
      c.kind AS kind,
      c.account AS account,
      c.issued_at AS issued_at,
      c.expires_at AS expires_at,
      COALESCE(
        r.rotation_days,
        CASE WHEN c.store = 'entra' THEN s.secret_entra_rotation_days ELSE s.secret_default_rotation_days END
      ) AS rotation_days
    FROM credential AS c
    CROSS JOIN setting AS s
    CROSS JOIN param AS p
    LEFT JOIN secret_policy AS r
      ON r.registered_secret_folded = c.registered_secret_folded
    WHERE (c.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
      AND c.dated = TRUE
      AND c.said_expired = FALSE
      AND NOT COALESCE(c.expires_at < p.as_of, FALSE)
  ),
  spread AS (
    SELECT
      c.credential AS credential,
      c.registered_secret AS registered_secret,
      c.kind AS kind,
      c.account AS account,
      c.issued_at AS issued_at,
      c.expires_at AS expires_at,
      c.rotation_days AS rotation_days,
      w.window_days AS window_days,
      w.place AS place,
      w.severity AS severity,
      COALESCE(w.narrower_days, -1) AS narrower_days,
      CASE
        WHEN c.rotation_days >= w.window_days THEN c.rotation_days - w.window_days
        ELSE w.window_days - c.rotation_days
      END AS shift_days,
      CASE
        WHEN c.rotation_days >= COALESCE(w.narrower_days, 0) THEN c.rotation_days - COALESCE(w.narrower_days, 0)
        ELSE COALESCE(w.narrower_days, 0) - c.rotation_days
      END AS narrower_shift_days
    FROM looked_at AS c
    CROSS JOIN warning AS w
  ),
  judged AS (
    SELECT
      c.credential AS credential,
      c.registered_secret AS registered_secret,
      c.kind AS kind,
      c.account AS account,
      c.issued_at AS issued_at,
      c.expires_at AS expires_at,
      c.rotation_days AS rotation_days,
      c.window_days AS window_days,
      c.place AS place,
      c.severity AS severity,
      c.issued_at < age.cutoff AS overdue,
      c.issued_at <= CASE WHEN c.rotation_days >= c.window_days THEN d.cutoff ELSE d.horizon END AS policy_within,
      c.expires_at <= e.horizon AS expiry_within,
      CASE
        WHEN c.narrower_days < 0 THEN FALSE
        ELSE COALESCE(
          c.issued_at <= CASE WHEN c.rotation_days >= c.narrower_days THEN nd.cutoff ELSE nd.horizon END,
          FALSE
        )
      END AS policy_within_narrower,
      CASE
        WHEN c.narrower_days < 0 THEN FALSE
        ELSE COALESCE(c.expires_at <= ne.horizon, FALSE)
      END AS expiry_within_narrower
    FROM spread AS c
    LEFT JOIN period AS age
      ON age.days = c.rotation_days
    LEFT JOIN period AS d
      ON d.days = c.shift_days
    LEFT JOIN period AS e
      ON e.days = c.window_days
    LEFT JOIN period AS nd
      ON nd.days = c.narrower_shift_days
    LEFT JOIN period AS ne
      ON ne.days = c.narrower_days
  )
SELECT
  credential AS resource,
  severity AS severity,
  'fail' AS status,
  CASE
    WHEN (policy_within IS DISTINCT FROM TRUE) THEN CONCAT(
      credential, ' expires within ', CAST(window_days AS STRING), ' days'
    )
    WHEN (expiry_within IS DISTINCT FROM TRUE) THEN CONCAT(
      credential, ' reaches its rotation period of ', CAST(rotation_days AS STRING),
      ' days within ', CAST(window_days AS STRING), ' days'
    )
    ELSE CONCAT(
      credential, ' reaches its rotation period of ', CAST(rotation_days AS STRING),
      ' days and expires, both within ', CAST(window_days AS STRING), ' days'
    )
  END AS reason,
  account AS account,
  registered_secret AS registered_secret,
  kind AS kind,
  issued_at AS issued_at,
  expires_at AS expires_at,
  rotation_days AS rotation_days,
  window_days AS window_days
FROM judged
WHERE (overdue IS DISTINCT FROM TRUE)
  AND (policy_within = TRUE OR expiry_within = TRUE)
  AND policy_within_narrower = FALSE
  AND expiry_within_narrower = FALSE
UNION ALL
SELECT
  credential AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'when ', credential, ' was issued is not known, so when it reaches its rotation period of ',
    CAST(rotation_days AS STRING), ' days cannot be told'
  ) AS reason,
  account AS account,
  registered_secret AS registered_secret,
  kind AS kind,
  issued_at AS issued_at,
  expires_at AS expires_at,
  rotation_days AS rotation_days,
  window_days AS window_days
FROM judged
WHERE issued_at IS NULL
  AND place = 1
  AND (expiry_within IS DISTINCT FROM TRUE)
ORDER BY
  resource,
  status,
  window_days,
  issued_at,
  expires_at
