-- ---
-- id  = "views/person"
-- doc = "Links between the identities of one human, one row per link, with its method and confidence. Contradictions stand side by side and are never merged: two links of one identity to different ones."
-- ---
SELECT
  u.user_name AS identity_center_user,
  u.user_name_folded AS identity_center_user_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.user_principal_name) AS entra_address,
  NULL AS github_login,
  NULL AS github_login_folded,
  'external id' AS method,
  'high' AS confidence
FROM identity_center_user AS u
JOIN entra_user AS e
  ON e.user_id = u.external_id
UNION ALL
SELECT
  u.user_name AS identity_center_user,
  u.user_name_folded AS identity_center_user_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.user_principal_name) AS entra_address,
  NULL AS github_login,
  NULL AS github_login_folded,
  'user principal name' AS method,
  'high' AS confidence
FROM identity_center_user AS u
JOIN entra_user AS e
  ON e.address_folded = u.user_name_folded
WHERE e.deleted_at IS NULL
UNION ALL
SELECT
  u.user_name AS identity_center_user,
  u.user_name_folded AS identity_center_user_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.user_principal_name) AS entra_address,
  NULL AS github_login,
  NULL AS github_login_folded,
  'mail' AS method,
  'medium' AS confidence
FROM identity_center_user AS u
JOIN entra_user AS e
  ON e.mail_folded = u.user_name_folded
WHERE e.deleted_at IS NULL
  AND (e.address_folded IS DISTINCT FROM e.mail_folded)
UNION ALL
SELECT
  u.user_name AS identity_center_user,
  u.user_name_folded AS identity_center_user_folded,
  NULL AS entra_user_id,
  NULL AS entra_address,
  m.login AS github_login,
  m.login_folded AS github_login_folded,
  'synthetic login' AS method,
  'high' AS confidence
FROM identity_center_user AS u
JOIN (
  SELECT
    o.login AS login,
    o.login_folded AS login_folded,
    CONCAT(o.login_folded, COALESCE(s.identity_center_github_suffix_folded, '')) AS user_name_folded
  FROM github_member AS o
  CROSS JOIN setting AS s
  WHERE o.login_folded IS NOT NULL
) AS m
  ON m.user_name_folded = u.user_name_folded
UNION ALL
SELECT
  NULL AS identity_center_user,
  NULL AS identity_center_user_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.user_principal_name) AS entra_address,
  i.login AS github_login,
  i.login_folded AS github_login_folded,
  'SAML name id' AS method,
  'high' AS confidence
FROM github_saml_identity AS i
JOIN entra_user AS e
  ON e.user_principal_name_folded = i.name_id_folded
WHERE i.login_folded IS NOT NULL
UNION ALL
SELECT
  NULL AS identity_center_user,
  NULL AS identity_center_user_folded,
  e.user_id AS entra_user_id,
  COALESCE(e.address, e.user_principal_name) AS entra_address,
  k.github_login AS github_login,
  k.github_login_folded AS github_login_folded,
  'confirmed link' AS method,
  'confirmed' AS confidence
FROM identity_link AS k
JOIN entra_user AS e
  ON e.user_principal_name_folded = k.user_principal_name_folded
CROSS JOIN setting AS p
WHERE NOT COALESCE(k.expires_at < p.setting_as_of, FALSE)
  AND k.confirmed_by IS NOT NULL
