-- ---
-- id         = "secret/old-credential-not-removed"
-- title      = "Applications keep one live credential once a rotation is over"
-- severity   = "medium"
-- population = "own_application"
-- optional   = ["registered_secret"]
-- controls   = { "nist-800-53r5" = ["IA-5d", "IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.2.4", "8.6.3"] }
-- ---
-- # Rationale
-- The rotation added a new credential and the old one still works: whoever copied it
-- before can go on. Two are needed while consumers change over, for as long as
-- secret.overlap_days says.
-- # Remediation
-- Check in the sign-in log that nothing uses the old credential, and delete it.
WITH
  live AS (
    SELECT
      application_id,
      COUNT(*) AS credentials,
      COUNT(CASE WHEN issued_at IS NULL THEN 1 END) AS undated,
      COUNT(CASE WHEN issued_at >= s.secret_overlap_days_cutoff THEN 1 END) AS fresh,
      MIN(issued_at) AS oldest_issued_at,
      MAX(issued_at) AS newest_issued_at
    FROM own_application_credential
    CROSS JOIN setting AS s
    GROUP BY application_id
  )
SELECT
  a.application AS resource,
  CASE WHEN l.credentials - l.undated - l.fresh > 1 THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN l.credentials - l.undated - l.fresh > 1 THEN CONCAT(
      a.application, ' has ', CAST(l.credentials AS STRING), ' live credentials, and more than one is older than ',
      CAST(s.secret_overlap_days AS STRING), ' days'
    )
    ELSE CONCAT(
      a.application, ' has ', CAST(l.credentials AS STRING),
      ' live credentials; when some were issued is not known, so whether a rotation is still under way cannot be told'
    )
  END AS reason,
  a.registered_secret AS registered_secret,
  l.credentials AS live_credentials,
  l.oldest_issued_at AS oldest_issued_at,
  l.newest_issued_at AS newest_issued_at
FROM own_application AS a
JOIN live AS l
  ON l.application_id = a.application_id
CROSS JOIN setting AS s
WHERE l.credentials - l.fresh > 1
ORDER BY
  resource,
  status,
  registered_secret
