-- ---
-- id         = "secret/registered-not-found"
-- title      = "Secrets in the register are live in their store"
-- severity   = "low"
-- population = "registered_secret"
-- controls   = { "nist-800-53r5" = ["CM-8a.1"], "iso27001:2022" = ["A.5.9"], soc2 = ["CC2.1"], "cis-v8" = ["5.5"] }
-- ---
-- # Rationale
-- The register names a secret that its store does not hold any more, or only as
-- expired or deleted credentials. The register is wrong, or what it describes
-- has stopped working.
-- # Remediation
-- Correct the name, or take the row out. When the secret should be there, find out
-- who removed it and what used it.
WITH
  entry AS (
    SELECT DISTINCT
      registered_secret,
      registered_secret_folded,
      store,
      account_id,
      owner,
      place_folded,
      CASE store
        WHEN 'secretsmanager' THEN 'aws_secret'
        WHEN 'entra' THEN 'entra_credential'
        WHEN 'github' THEN 'github_secret'
        WHEN 'auth0' THEN 'auth0_client'
        WHEN 'iam' THEN 'aws_access_key'
        ELSE ''
      END AS store_table
    FROM registered_secret
    WHERE registered_secret_folded IS NOT NULL
  ),
  alive AS (
    SELECT DISTINCT registered_secret_folded
    FROM secret_alive
  ),
  collected AS (
    SELECT DISTINCT
      table_name,
      place_folded
    FROM collected_place
  )
SELECT
  e.registered_secret AS resource,
  CONCAT(e.registered_secret, ' is in the secrets register and its store holds no live credential of that name') AS reason,
  e.account_id AS account,
  e.store AS store,
  e.owner AS owner
FROM entry AS e
LEFT JOIN alive AS a
  ON a.registered_secret_folded = e.registered_secret_folded
JOIN collected AS c
  ON c.table_name = e.store_table
  AND c.place_folded = e.place_folded
WHERE a.registered_secret_folded IS NULL
ORDER BY
  resource,
  store,
  owner
