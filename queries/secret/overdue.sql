-- ---
-- id         = "secret/overdue"
-- title      = "Credentials are no older than their rotation policy"
-- severity   = "high"
-- population = "credential"
-- own_rows   = true
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17", "A.8.24"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"], "cis-aws-7.0.0" = ["2.12"] }
-- optional   = ["registered_secret"]
-- ---
-- # Rationale
-- The longer a credential lives, the more places, people and logs have seen it. The
-- policy is the strictest period that any document states for it, or the default.
-- # Remediation
-- Rotate the credential as its runbook says, in every store that holds a copy, and
-- make sure that what uses it has been deployed again.
SELECT
  c.credential AS resource,
  CASE WHEN c.issued_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN c.issued_at IS NULL THEN CONCAT(
      'when ', c.credential, ' was issued is not known, so whether it is older than ',
      CAST(d.days AS STRING), ' days cannot be told'
    )
    ELSE CONCAT(
      c.credential, ' is older than its rotation period of ',
      CAST(d.days AS STRING), ' days'
    )
  END AS reason,
  c.account AS account,
  c.registered_secret AS registered_secret,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at,
  d.days AS rotation_days
FROM credential AS c
CROSS JOIN setting AS s
CROSS JOIN param AS p
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = c.registered_secret_folded
LEFT JOIN period AS d
  ON d.days = COALESCE(
    r.rotation_days,
    CASE WHEN c.store = 'entra' THEN s.secret_entra_rotation_days ELSE s.secret_default_rotation_days END
  )
WHERE (c.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
  AND c.dated = TRUE
  AND c.said_expired = FALSE
  AND NOT COALESCE(c.expires_at < p.as_of, FALSE)
  AND (c.issued_at IS NULL OR c.issued_at < d.cutoff)
ORDER BY
  resource,
  status,
  issued_at
