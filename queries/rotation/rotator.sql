-- ---
-- id  = "rotation/rotator"
-- doc = "Owners of the application that issues the secret, and whom the register names."
-- ---
SELECT DISTINCT
  COALESCE(u.user_principal_name, o.owner_id, 'somebody whose name was not read') AS who,
  CONCAT('owner of the application ', COALESCE(a.display_name, a.app_id, a.application_id)) AS why,
  CASE
    WHEN u.account_enabled = TRUE AND u.deleted_at IS NULL THEN 'yes'
    WHEN u.user_key IS NULL OR u.account_enabled IS NULL THEN 'unknown'
    ELSE 'no'
  END AS can_sign_in
FROM entra_application AS a
JOIN rotation_member AS r
  ON r.secret_folded = a.registered_secret_folded
JOIN entra_application_owner AS o
  ON o.application_key = a.application_key
LEFT JOIN entra_user AS u
  ON u.user_key = o.user_key
UNION ALL
SELECT DISTINCT
  s.owner AS who,
  'owner in the secrets register' AS why,
  CASE
    WHEN u.account_enabled = FALSE OR u.deleted_at IS NOT NULL THEN 'no'
    WHEN u.account_enabled = TRUE THEN 'yes'
    ELSE 'unknown'
  END AS can_sign_in
FROM rotation_owner AS s
LEFT JOIN (
  SELECT user_principal_name_folded AS name_folded, account_enabled, deleted_at
  FROM entra_user
  UNION ALL
  SELECT mail_folded AS name_folded, account_enabled, deleted_at
  FROM entra_user
  WHERE mail_folded IS DISTINCT FROM user_principal_name_folded
) AS u
  ON u.name_folded = s.owner_folded
