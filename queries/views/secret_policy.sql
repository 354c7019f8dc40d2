-- ---
-- id  = "views/secret_policy"
-- doc = "Registered secrets with the strictest rotation period that any document states; null when none states one."
-- ---
SELECT
  registered_secret_folded,
  MIN(rotation_days) AS rotation_days
FROM registered_secret
WHERE registered_secret_folded IS NOT NULL
GROUP BY registered_secret_folded
