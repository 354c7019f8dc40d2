-- ---
-- id         = "secret/conflicting-policies"
-- title      = "Documents agree on the rotation period of a secret"
-- severity   = "low"
-- population = "registered_secret"
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC2.1"], "pci-dss-4.0.1" = ["8.6.3"], "moj-acp" = ["POL.ACP.051"] }
-- ---
-- # Rationale
-- Two documents state different periods for the same secret. The strictest one is
-- applied here; people follow the one that they happen to read.
-- # Remediation
-- Agree on one period and correct the other documents.
WITH
  stated AS (
    SELECT
      registered_secret_folded,
      MIN(registered_secret) AS registered_secret,
      MIN(rotation_days) AS strictest_days,
      MAX(rotation_days) AS laxest_days,
      MIN(owner) AS owner
    FROM registered_secret
    WHERE rotation_days IS NOT NULL
      AND registered_secret_folded IS NOT NULL
    GROUP BY registered_secret_folded
  )
SELECT
  registered_secret AS resource,
  CONCAT(
    'documents give ', registered_secret, ' rotation periods of ', CAST(strictest_days AS STRING), ' to ',
    CAST(laxest_days AS STRING), ' days'
  ) AS reason,
  owner AS owner,
  strictest_days AS strictest_days,
  laxest_days AS laxest_days
FROM stated
WHERE strictest_days < laxest_days
ORDER BY resource
