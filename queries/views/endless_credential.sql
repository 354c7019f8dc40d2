-- ---
-- id  = "views/endless_credential"
-- doc = "Credentials of Entra, GitHub and Auth0 without an end date: tokens that never expire, clients of the broker, and those whose end was not read. `end_known` tells them apart: false where neither an end nor that there is none was read. Client secrets and certificates of Entra always have one."
-- ---
SELECT
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS credential,
  COALESCE(a.registered_secret, CONCAT('entra/', COALESCE(a.app_id, a.application_id, ''))) AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  COALESCE(c.kind, 'credential') AS kind,
  c.start_at AS issued_at,
  a.watched AS watched,
  FALSE AS end_known
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
  t.watched AS watched,
  COALESCE(t.ends = FALSE, FALSE) AS end_known
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
  o.watched AS watched,
  TRUE AS end_known
FROM auth0_client AS o
