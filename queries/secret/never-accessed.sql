-- ---
-- id         = "secret/never-accessed"
-- title      = "Secrets are read"
-- severity   = "low"
-- population = "own_secret"
-- optional   = ["registered_secret"]
-- params     = { unused_days = 90 }
-- controls   = { "nist-800-53r5" = ["IA-5d"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"] }
-- ---
-- # Rationale
-- Nobody has read the secret for a long time. What it opens is still open, and rotating
-- it costs work for nothing.
-- # Remediation
-- Ask the registered owner, then delete the secret and the credential that it holds.
SELECT
  s.registered_secret AS resource,
  CASE WHEN s.last_accessed_at IS NULL AND s.created_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN s.last_accessed_at IS NULL AND s.created_at IS NULL THEN CONCAT(
      s.registered_secret, ' was never read, and how old it is is not known'
    )
    WHEN s.last_accessed_at IS NULL THEN CONCAT(s.registered_secret, ' was never read')
    ELSE CONCAT(
      s.registered_secret, ' was not read for ', CAST(p.unused_days AS STRING), ' days'
    )
  END AS reason,
  s.account_id AS account,
  s.region AS region,
  s.last_accessed_at AS last_accessed_at,
  s.created_at AS created_at
FROM own_secret AS s
CROSS JOIN param AS p
LEFT JOIN period AS d
  ON d.days = p.unused_days + 1
WHERE s.last_accessed_at < d.cutoff
  OR (s.last_accessed_at IS NULL AND (s.created_at IS NULL OR s.created_at < p.unused_days_cutoff))
ORDER BY
  resource,
  status,
  region
