-- ---
-- id  = "views/own_application"
-- doc = "Applications of Entra whose credentials are looked at: watched or registered."
-- ---
SELECT
  a.application_key AS application_key,
  a.application_id AS application_id,
  COALESCE(a.display_name, a.app_id, a.application_id) AS application,
  COALESCE(a.registered_secret, CONCAT('entra/', COALESCE(a.app_id, a.application_id, ''))) AS registered_secret,
  a.registered_secret_folded AS registered_secret_folded,
  r.rotation_days AS rotation_days
FROM entra_application AS a
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = a.registered_secret_folded
WHERE a.watched = TRUE
  OR r.registered_secret_folded IS NOT NULL
