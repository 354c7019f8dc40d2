-- ---
-- id         = "secret/expired"
-- title      = "Client secrets, certificates and tokens have not expired"
-- severity   = "high"
-- population = "expiring_credential"
-- own_rows   = true
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- optional   = ["registered_secret"]
-- ---
-- # Rationale
-- What still uses the credential has stopped working, and fails open: the sync that
-- cannot sign in any more takes no leaver's access away. What does not use it any
-- more should not be there.
-- # Remediation
-- Issue a new credential when something needs one, and delete the expired one.
SELECT
  c.credential AS resource,
  CASE WHEN c.end_known = TRUE THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN c.end_known = TRUE THEN CONCAT(c.credential, ' is past its end date')
    ELSE CONCAT('the end of ', c.credential, ' was not read, so whether it has expired cannot be told')
  END AS reason,
  c.registered_secret AS registered_secret,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at
FROM expiring_credential AS c
CROSS JOIN param AS p
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = c.registered_secret_folded
WHERE (c.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
  AND (c.expires_at < p.as_of OR c.said_expired = TRUE OR c.end_known = FALSE)
ORDER BY
  resource,
  status,
  expires_at
