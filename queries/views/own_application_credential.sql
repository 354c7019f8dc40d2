-- ---
-- id  = "views/own_application_credential"
-- doc = "Client secrets and certificates of the applications that are looked at, expired ones left out."
-- ---
SELECT
  a.application_key AS application_key,
  a.application_id AS application_id,
  a.application AS application,
  a.registered_secret AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  a.rotation_days AS rotation_days,
  CONCAT('entra/', a.application, '/', COALESCE(c.key_id, '')) AS credential,
  c.key_id AS key_id,
  COALESCE(c.kind, 'credential') AS kind,
  c.start_at AS issued_at,
  c.end_at AS expires_at,
  c.lifetime_seconds AS lifetime_seconds
FROM entra_credential AS c
JOIN own_application AS a
  ON a.application_key = c.application_key
CROSS JOIN setting AS p
WHERE NOT COALESCE(c.end_at < p.setting_as_of, FALSE)
