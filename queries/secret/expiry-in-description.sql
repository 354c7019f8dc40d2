-- ---
-- id         = "secret/expiry-in-description"
-- title      = "Descriptions of secrets carry no date that has passed"
-- severity   = "low"
-- population = "own_secret"
-- optional   = ["registered_secret"]
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC2.1"] }
-- ---
-- # Rationale
-- Somebody wrote down when the secret ends, and the day has passed: it was not rotated,
-- or the description was not corrected and misleads whoever rotates it next.
-- # Remediation
-- Check the end at the identity provider. Rotate, and correct the description.
SELECT
  s.registered_secret AS resource,
  CONCAT('the description of ', s.registered_secret, ' carries a date that has passed') AS reason,
  s.account_id AS account,
  s.region AS region,
  s.description AS description,
  s.described_end_at AS described_end_at
FROM own_secret AS s
CROSS JOIN param AS p
WHERE s.described_end_at < p.as_of
ORDER BY
  resource,
  region,
  described_end_at
