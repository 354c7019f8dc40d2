-- ---
-- id  = "views/linked_user"
-- doc = "Identity Center users that the GitHub sync made, by the Entra user who is the same person: through a confirmed link that has not ended, or a SAML identity."
-- ---
SELECT
  l.person_id AS person_id,
  i.ic_user_key AS ic_user_key
FROM (
  SELECT
    e.user_id AS person_id,
    k.github_login_folded AS login_folded
  FROM identity_link AS k
  JOIN entra_user AS e
    ON e.user_principal_name_folded = k.user_principal_name_folded
  CROSS JOIN setting AS p
  WHERE NOT COALESCE(k.expires_at < p.setting_as_of, FALSE)
    AND k.confirmed_by IS NOT NULL
  UNION ALL
  SELECT
    e.user_id AS person_id,
    s.login_folded AS login_folded
  FROM github_saml_identity AS s
  JOIN entra_user AS e
    ON e.user_principal_name_folded = s.name_id_folded
) AS l
CROSS JOIN setting AS s
JOIN identity_center_user AS i
  ON i.user_name_folded = CONCAT(l.login_folded, COALESCE(s.identity_center_github_suffix_folded, ''))
WHERE l.login_folded IS NOT NULL
