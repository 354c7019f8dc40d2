-- ---
-- id         = "secret/lifetime-too-long"
-- title      = "Credentials are issued for no longer than their rotation period"
-- severity   = "medium"
-- population = "own_application_credential"
-- optional   = ["registered_secret"]
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"], "cis-m365-7.0.0" = ["5.1.5.4", "5.1.5.6"] }
-- ---
-- # Rationale
-- A credential that was issued for longer than its rotation period does not stop when
-- the rotation is forgotten. One that ends in time is a reminder that cannot be missed.
-- # Remediation
-- Issue the next credential with an end within its rotation period.
SELECT
  c.credential AS resource,
  CASE WHEN c.lifetime_seconds IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN c.lifetime_seconds IS NULL THEN CONCAT(
      'when ', c.credential, ' was issued is not known, so for how long cannot be told'
    )
    ELSE CONCAT(
      c.credential, ' was issued for longer than its rotation period of ',
      CAST(COALESCE(c.rotation_days, s.secret_entra_rotation_days) AS STRING), ' days'
    )
  END AS reason,
  c.registered_secret AS registered_secret,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at,
  COALESCE(c.rotation_days, s.secret_entra_rotation_days) AS rotation_days
FROM own_application_credential AS c
CROSS JOIN setting AS s
WHERE (c.lifetime_seconds IS NULL AND c.expires_at IS NOT NULL)
  OR c.lifetime_seconds > 86400 * COALESCE(c.rotation_days, s.secret_entra_rotation_days)
ORDER BY
  resource,
  status,
  issued_at
