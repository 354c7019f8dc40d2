-- ---
-- id  = "views/own_secret"
-- doc = "Secrets of Secrets Manager that are ours to rotate: undeleted, no replicas, not owned by an AWS service; watched or registered."
-- ---
SELECT
  s.secret_key AS secret_key,
  s.account_id AS account_id,
  s.region AS region,
  s.arn AS arn,
  s.name AS name,
  s.credential AS credential,
  COALESCE(s.registered_secret, s.arn) AS registered_secret,
  s.registered_secret_folded AS registered_secret_folded,
  s.created_at AS created_at,
  s.last_accessed_at AS last_accessed_at,
  s.last_rotated_at AS last_rotated_at,
  s.next_rotation_at AS next_rotation_at,
  s.rotation_enabled AS rotation_enabled,
  s.rotation_days AS rotation_days,
  s.current_version_created_at AS current_version_created_at,
  s.current_version_epoch_us AS current_version_epoch_us,
  s.description AS description,
  s.described_end_at AS described_end_at
FROM aws_secret AS s
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = s.registered_secret_folded
WHERE (s.replica IS DISTINCT FROM TRUE)
  AND s.deleted_at IS NULL
  AND s.owning_service IS NULL
  AND (s.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
