-- ---
-- id  = "views/secret_in_store"
-- doc = "Registered-secret names of which a store holds at least one undeleted credential of our own, expired ones included."
-- ---
SELECT DISTINCT
  registered_secret,
  registered_secret_folded,
  store,
  watched,
  account
FROM credential_elsewhere
UNION ALL
SELECT DISTINCT
  registered_secret,
  registered_secret_folded,
  'secretsmanager' AS store,
  watched,
  account_id AS account
FROM aws_secret
WHERE (replica IS DISTINCT FROM TRUE)
  AND deleted_at IS NULL
  AND owning_service IS NULL
