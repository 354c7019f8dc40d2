-- ---
-- id  = "views/entra_address"
-- doc = "Addresses of the Entra users that are not deleted, folded, once each: the mail address where there is no other, and the sign-in name where there is neither."
-- ---
SELECT DISTINCT COALESCE(address_folded, mail_folded, user_principal_name_folded) AS address_folded
FROM entra_user
WHERE deleted_at IS NULL
