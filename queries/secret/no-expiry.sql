-- ---
-- id         = "secret/no-expiry"
-- title      = "Credentials that never expire have a rotation period of their own"
-- severity   = "low"
-- population = "endless_credential"
-- optional   = ["registered_secret"]
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"], "cis-m365-7.0.0" = ["5.1.5.4", "5.1.5.6"] }
-- ---
-- # Rationale
-- The credential works until somebody deletes it, and no document says how old it may
-- become: nothing will ever stop it. Only its age limits it.
-- # Remediation
-- State a rotation period for it in the secrets register, or issue one that ends.
SELECT
  c.registered_secret AS resource,
  CASE WHEN c.end_known = TRUE THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN c.end_known = TRUE THEN CONCAT(c.credential, ' never expires, and no document gives it a rotation period')
    ELSE CONCAT('the end of ', c.credential, ' was not read, so whether it ever expires cannot be told')
  END AS reason,
  c.credential AS credential,
  c.kind AS kind,
  c.issued_at AS issued_at
FROM endless_credential AS c
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = c.registered_secret_folded
WHERE (c.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
  AND r.rotation_days IS NULL
ORDER BY
  resource,
  status,
  credential,
  issued_at
