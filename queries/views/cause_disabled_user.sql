-- ---
-- id  = "views/cause_disabled_user"
-- doc = "Disabled Identity Center users whose only account in Entra is disabled as well."
-- ---
SELECT
  w.ic_user_key AS ic_user_key,
  'disabled upstream' AS cause
FROM (
  SELECT
    i.ic_user_key AS ic_user_key,
    COUNT(*) AS accounts,
    COUNT(CASE WHEN u.account_enabled = FALSE THEN 1 END) AS disabled
  FROM identity_center_user AS i
  JOIN entra_user AS u
    ON COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) = i.user_name_folded
  WHERE i.status = 'DISABLED'
    AND u.deleted_at IS NULL
  GROUP BY i.ic_user_key
) AS w
WHERE w.accounts = w.disabled
