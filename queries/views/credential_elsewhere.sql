-- ---
-- id  = "views/credential_elsewhere"
-- doc = "Credentials outside Secrets Manager: client secrets and certificates of Entra applications, GitHub secrets and tokens, Auth0 clients, active IAM access keys. `dated` tells whether the kind has dates at all."
-- ---
SELECT
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS credential,
  a.registered_secret AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  'entra' AS store,
  COALESCE(c.kind, 'credential') AS kind,
  c.start_at AS issued_at,
  c.end_at AS expires_at,
  FALSE AS said_expired,
  a.watched AS watched,
  TRUE AS dated,
  NULL AS account
FROM entra_credential AS c
JOIN entra_application AS a
  ON a.application_key = c.application_key
UNION ALL
SELECT
  CONCAT('github/', COALESCE(g.owner, ''), '/', COALESCE(g.name, '')) AS credential,
  g.registered_secret AS registered_secret,
  g.registered_secret_folded AS registered_secret_folded,
  'github' AS store,
  'secret' AS kind,
  g.updated_at AS issued_at,
  NULL AS expires_at,
  FALSE AS said_expired,
  g.watched AS watched,
  TRUE AS dated,
  NULL AS account
FROM github_secret AS g
UNION ALL
SELECT
  CONCAT('github/', COALESCE(t.login, ''), '/', COALESCE(t.name, '')) AS credential,
  t.registered_secret AS registered_secret,
  t.registered_secret_folded AS registered_secret_folded,
  'github' AS store,
  'token' AS kind,
  t.created_at AS issued_at,
  t.expires_at AS expires_at,
  COALESCE(t.expired, FALSE) AS said_expired,
  t.watched AS watched,
  TRUE AS dated,
  NULL AS account
FROM github_token AS t
UNION ALL
SELECT
  CONCAT('auth0/', COALESCE(o.name, o.client_id, '')) AS credential,
  o.registered_secret AS registered_secret,
  o.registered_secret_folded AS registered_secret_folded,
  'auth0' AS store,
  'client' AS kind,
  NULL AS issued_at,
  NULL AS expires_at,
  FALSE AS said_expired,
  o.watched AS watched,
  FALSE AS dated,
  NULL AS account
FROM auth0_client AS o
UNION ALL
SELECT
  CONCAT(
    'iam/', COALESCE(k.account_id, ''),
    '/', COALESCE(k.user_name, ''),
    '/', COALESCE(CAST(k.slot AS STRING), '')
  ) AS credential,
  k.registered_secret AS registered_secret,
  k.registered_secret_folded AS registered_secret_folded,
  'iam' AS store,
  'access key' AS kind,
  k.last_rotated_at AS issued_at,
  NULL AS expires_at,
  FALSE AS said_expired,
  k.watched AS watched,
  TRUE AS dated,
  k.account_id AS account
FROM aws_access_key AS k
WHERE (k.active IS DISTINCT FROM FALSE)
