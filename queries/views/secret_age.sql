-- ---
-- id  = "views/secret_age"
-- doc = "Credentials that are to be rotated and have not ended, each with the strictest rotation period that counts for it. When one was issued is null where that is not known; `dated` is false where its store says no dates at all."
-- ---
SELECT
  c.credential AS credential,
  c.registered_secret AS registered_secret,
  c.store AS store,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.dated AS dated,
  COALESCE(
    r.rotation_days,
    CASE WHEN c.store = 'entra' THEN s.secret_entra_rotation_days ELSE s.secret_default_rotation_days END
  ) AS rotation_days
FROM credential AS c
CROSS JOIN setting AS s
LEFT JOIN secret_policy AS r
  ON r.registered_secret_folded = c.registered_secret_folded
WHERE (c.watched = TRUE OR r.registered_secret_folded IS NOT NULL)
  AND c.said_expired = FALSE
  AND NOT COALESCE(c.expires_at < s.setting_as_of, FALSE)
