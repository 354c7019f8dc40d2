-- ---
-- id  = "views/entra_user_name"
-- doc = "Every folded name that an Entra user goes by: its address, its mail address and its sign-in name; deleted users included."
-- ---
SELECT
  user_key,
  address_folded AS name_folded
FROM entra_user
WHERE address_folded IS NOT NULL
UNION ALL
SELECT
  user_key,
  mail_folded AS name_folded
FROM entra_user
WHERE mail_folded IS NOT NULL
UNION ALL
SELECT
  user_key,
  user_principal_name_folded AS name_folded
FROM entra_user
WHERE user_principal_name_folded IS NOT NULL
