-- ---
-- id         = "secret/scim-token-old"
-- title      = "The provisioning token is renewed in time"
-- severity   = "medium"
-- population = "provisioning_token_event"
-- params     = { token_days = 300 }
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- ---
-- # Rationale
-- The bearer token of the provisioning endpoint can create users and groups. It is made in
-- the console and ends after a year; when it does, provisioning stops without a word.
-- # Remediation
-- Make a second token, give it to the provisioning job, and delete the old one.
WITH
  made AS (
    SELECT
      tenant,
      COUNT(CASE WHEN occurred_at IS NULL THEN 1 END) AS undated,
      MAX(occurred_at) AS made_at
    FROM provisioning_token_event
    GROUP BY tenant
  ),
  total AS (
    SELECT DISTINCT COUNT(*) AS tokens
    FROM provisioning_token_event
  )
SELECT
  m.tenant AS resource,
  CASE WHEN m.undated > 0 THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN m.undated > 0 THEN CONCAT('when the provisioning token of ', m.tenant, ' was made is not known')
    ELSE CONCAT(
      'the provisioning token of ', m.tenant, ' is older than ', CAST(p.token_days AS STRING), ' days'
    )
  END AS reason,
  m.made_at AS made_at
FROM made AS m
CROSS JOIN param AS p
WHERE m.made_at IS NULL
  OR m.made_at < p.token_days_cutoff
UNION ALL
SELECT
  'unknown tenant' AS resource,
  'unknown' AS status,
  'no event in the CloudTrail window tells when a provisioning token was made, so how old it is cannot be told' AS reason,
  NULL AS made_at
FROM total AS t
WHERE t.tokens = 0
ORDER BY
  resource,
  status
