-- ---
-- id  = "views/expiring_credential"
-- doc = "Credentials of kinds that carry an end date: client secrets and certificates of Entra applications, and GitHub tokens. `end_known` is false where neither an end nor that there is none was read."
-- ---
SELECT
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS credential,
  a.registered_secret AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  COALESCE(c.kind, 'credential') AS kind,
  c.start_at AS issued_at,
  c.end_at AS expires_at,
  FALSE AS said_expired,
  a.watched AS watched,
  c.end_at IS NOT NULL AS end_known
FROM entra_credential AS c
JOIN entra_application AS a
  ON a.application_key = c.application_key
UNION ALL
SELECT
  CONCAT('github/', COALESCE(t.login, ''), '/', COALESCE(t.name, '')) AS credential,
  t.registered_secret AS registered_secret,
  t.registered_secret_folded AS registered_secret_folded,
  'token' AS kind,
  t.created_at AS issued_at,
  t.expires_at AS expires_at,
  COALESCE(t.expired, FALSE) AS said_expired,
  t.watched AS watched,
  (t.expires_at IS NOT NULL OR COALESCE(t.ends = FALSE, FALSE) OR COALESCE(t.expired, FALSE)) AS end_known
FROM github_token AS t
