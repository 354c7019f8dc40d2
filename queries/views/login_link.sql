-- ---
-- id  = "views/login_link"
-- doc = "GitHub logins and the live Entra users that they are linked to, by the name id of single sign-on or by a confirmed link that is in force; contradictions stand side by side."
-- ---
SELECT
  i.login AS login,
  i.login_folded AS login_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.mail, e.user_principal_name) AS entra_address,
  COALESCE(e.address_folded, e.mail_folded, e.user_principal_name_folded) AS entra_address_folded,
  'SAML name id' AS method
FROM github_saml_identity AS i
JOIN entra_user AS e
  ON e.user_principal_name_folded = i.name_id_folded
WHERE i.login_folded IS NOT NULL
  AND e.deleted_at IS NULL
UNION ALL
SELECT
  k.github_login AS login,
  k.github_login_folded AS login_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.mail, e.user_principal_name) AS entra_address,
  COALESCE(e.address_folded, e.mail_folded, e.user_principal_name_folded) AS entra_address_folded,
  'confirmed link' AS method
FROM identity_link AS k
JOIN entra_user AS e
  ON e.user_principal_name_folded = k.user_principal_name_folded
CROSS JOIN setting AS p
WHERE k.github_login_folded IS NOT NULL
  AND e.deleted_at IS NULL
  AND k.confirmed_by IS NOT NULL
  AND NOT COALESCE(k.expires_at < p.setting_as_of, FALSE)
