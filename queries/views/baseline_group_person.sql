-- ---
-- id  = "views/baseline_group_person"
-- doc = "The same as entra_group_person, in the baseline snapshot; no rows without one."
-- ---
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.created_at AS group_created_at,
  u.user_id AS person_id,
  COALESCE(u.address, u.mail, u.user_principal_name) AS address,
  COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
  u.created_at AS person_created_at,
  'member' AS via
FROM baseline_entra_group_member AS e
JOIN baseline_entra_group AS g
  ON g.group_key = e.group_key
JOIN baseline_entra_user AS u
  ON u.user_key = e.user_key
WHERE g.prefixed = TRUE
  AND u.deleted_at IS NULL
UNION ALL
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.created_at AS group_created_at,
  u.user_id AS person_id,
  COALESCE(u.address, u.mail, u.user_principal_name) AS address,
  COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
  u.created_at AS person_created_at,
  'owner' AS via
FROM baseline_entra_group_owner AS e
JOIN baseline_entra_group AS g
  ON g.group_key = e.group_key
JOIN baseline_entra_user AS u
  ON u.user_key = e.user_key
WHERE g.prefixed = TRUE
  AND u.deleted_at IS NULL
