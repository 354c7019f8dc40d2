-- ---
-- id         = "secret/not-registered"
-- title      = "Watched secrets are in the secrets register"
-- severity   = "medium"
-- population = "secret_in_store"
-- controls   = { "nist-800-53r5" = ["CM-8a.2", "IA-5"], "iso27001:2022" = ["A.5.9", "A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"], "cis-v8" = ["5.5"], "moj-acp" = ["POL.ACP.051"] }
-- ---
-- # Rationale
-- A secret that no register names has no owner, no consumer and no rotation period:
-- nobody will rotate it in time, and nobody knows what breaks when it is.
-- # Remediation
-- Add a row with owner, consumer and rotation period to the secrets register, or
-- delete the secret when nothing uses it.
WITH
  registered AS (
    SELECT DISTINCT registered_secret_folded
    FROM registered_secret
  )
SELECT
  s.registered_secret AS resource,
  CONCAT(s.registered_secret, ' is watched and is not in the secrets register') AS reason,
  s.account AS account,
  s.store AS store
FROM secret_in_store AS s
LEFT JOIN registered AS r
  ON r.registered_secret_folded = s.registered_secret_folded
WHERE s.watched = TRUE
  AND r.registered_secret_folded IS NULL
ORDER BY
  resource,
  store
