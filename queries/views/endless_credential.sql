-- ---
-- id  = "views/endless_credential"
-- doc = "Credentials of Entra, GitHub and Auth0 that have no end: client secrets, certificates and tokens without an end date, and clients of the broker."
-- ---
SELECT
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS credential,
  COALESCE(a.registered_secret, CONCAT('entra/', COALESCE(a.app_id, a.application_id, ''))) AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  COALESCE(c.kind, 'credential') AS kind,
  c.start_at AS issued_at,
  a.watched AS watched
FROM entra_credential AS c
JOIN entra_application AS a
  ON a.application_key = c.application_key
WHERE c.end_at IS NULL
UNION ALL
SELECT
  CONCAT('github/', COALESCE(t.login, ''), '/', COALESCE(t.name, '')) AS credential,
  COALESCE(t.registered_secret, CONCAT('github/', COALESCE(t.login, ''), '/', COALESCE(t.token_id, ''))) AS registered_secret,
  t.registered_secret_folded AS registered_secret_folded,
  'token' AS kind,
  t.created_at AS issued_at,
  t.watched AS watched
FROM github_token AS t
WHERE t.expires_at IS NULL
  AND (t.expired IS DISTINCT FROM TRUE)
UNION ALL
SELECT
  CONCAT('auth0/', COALESCE(o.name, o.client_id, '')) AS credential,
  COALESCE(o.registered_secret, CONCAT('auth0/', COALESCE(o.client_id, ''))) AS registered_secret,
  o.registered_secret_folded AS registered_secret_folded,
  'client' AS kind,
  NULL AS issued_at,
  o.watched AS watched
FROM auth0_client AS o
