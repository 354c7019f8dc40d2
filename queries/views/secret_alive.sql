-- ---
-- id  = "views/secret_alive"
-- doc = "Registered-secret names of which a store holds a live credential: undeleted and unexpired. Secrets that an AWS service owns and replicas count."
-- ---
SELECT e.registered_secret_folded AS registered_secret_folded
FROM credential_elsewhere AS e
CROSS JOIN setting AS p
WHERE NOT COALESCE(e.expires_at < p.setting_as_of, FALSE)
  AND e.said_expired = FALSE
UNION ALL
SELECT s.registered_secret_folded AS registered_secret_folded
FROM aws_secret AS s
WHERE s.deleted_at IS NULL
