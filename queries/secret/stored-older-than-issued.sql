-- ---
-- id         = "secret/stored-older-than-issued"
-- title      = "The newest credential that was issued is the one that is stored"
-- severity   = "high"
-- population = "own_application"
-- params     = { grace_hours = 24 }
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- ---
-- # Rationale
-- A newer credential was issued at the identity provider than the secret holds: the
-- rotation stopped half-way, and what reads the secret fails when the old credential ends.
-- The register links the two: the row of the application names the secret as its consumer.
-- # Remediation
-- Store the newest credential, deploy what reads it, and delete the old one.
WITH
  link AS (
    SELECT DISTINCT
      registered_secret_folded AS application_folded,
      consumer_folded AS secret_folded
    FROM registered_secret
  ),
  issued AS (
    SELECT
      c.registered_secret_folded AS application_folded,
      MIN(c.registered_secret) AS application,
      COUNT(CASE WHEN c.issued_at IS NULL THEN 1 END) AS undated,
      MAX(c.issued_at) AS issued_at
    FROM own_application_credential AS c
    GROUP BY c.registered_secret_folded
  )
SELECT
  s.registered_secret AS resource,
  CASE
    WHEN s.current_version_created_at < i.issued_at AND i.issued_at < p.grace_hours_cutoff THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN s.current_version_created_at < i.issued_at AND i.issued_at < p.grace_hours_cutoff THEN CONCAT(
      s.registered_secret, ' was stored before the newest credential of ', i.application, ' was issued'
    )
    WHEN s.current_version_created_at IS NULL THEN CONCAT(
      'when ', s.registered_secret, ' was stored is not known, so whether it holds the newest credential of ',
      i.application, ' cannot be told'
    )
    ELSE CONCAT(
      'when a credential of ', i.application, ' was issued is not known, so whether ', s.registered_secret,
      ' holds the newest one cannot be told'
    )
  END AS reason,
  s.account_id AS account,
  i.application AS application,
  i.issued_at AS issued_at,
  s.current_version_created_at AS stored_at
FROM own_secret AS s
JOIN link AS l
  ON l.secret_folded = s.registered_secret_folded
JOIN issued AS i
  ON i.application_folded = l.application_folded
CROSS JOIN param AS p
WHERE s.current_version_created_at IS NULL
  OR i.undated > 0
  OR (s.current_version_created_at < i.issued_at AND i.issued_at < p.grace_hours_cutoff)
ORDER BY
  resource,
  status,
  application
