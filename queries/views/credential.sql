-- ---
-- id  = "views/credential"
-- doc = "Every credential of every store on one clock. Replicas, deleted secrets and secrets that an AWS service owns are left out; the age of a Secrets Manager secret is that of its AWSCURRENT version."
-- ---
SELECT
  credential,
  registered_secret,
  registered_secret_folded,
  store,
  kind,
  issued_at,
  expires_at,
  said_expired,
  watched,
  dated,
  account
FROM credential_elsewhere
UNION ALL
SELECT
  s.credential AS credential,
  s.registered_secret AS registered_secret,
  s.registered_secret_folded AS registered_secret_folded,
  'secretsmanager' AS store,
  'secret' AS kind,
  v.created_at AS issued_at,
  NULL AS expires_at,
  FALSE AS said_expired,
  s.watched AS watched,
  TRUE AS dated,
  s.account_id AS account
FROM aws_secret AS s
JOIN aws_secret_version AS v
  ON v.secret_key = s.secret_key
WHERE (s.replica IS DISTINCT FROM TRUE)
  AND s.deleted_at IS NULL
  AND s.owning_service IS NULL
  AND s.current_version_created_at IS NULL
  AND v.current = TRUE
  AND v.created_at IS NOT NULL
UNION ALL
SELECT
  s.credential AS credential,
  s.registered_secret AS registered_secret,
  s.registered_secret_folded AS registered_secret_folded,
  'secretsmanager' AS store,
  'secret' AS kind,
  s.current_version_created_at AS issued_at,
  NULL AS expires_at,
  FALSE AS said_expired,
  s.watched AS watched,
  TRUE AS dated,
  s.account_id AS account
FROM aws_secret AS s
WHERE (s.replica IS DISTINCT FROM TRUE)
  AND s.deleted_at IS NULL
  AND s.owning_service IS NULL
