-- ---
-- id  = "views/cause_outside_domains"
-- doc = "Identity Center users whose name is an address of a domain that the Entra sync does not copy; none where every domain is allowed."
-- ---
SELECT u.ic_user_key AS ic_user_key
FROM (
  SELECT
    ic_user_key,
    COALESCE(
      NULLIF(split_part(user_name_folded, '@', 3), ''),
      split_part(user_name_folded, '@', 2)
    ) AS domain_folded
  FROM identity_center_user
  WHERE user_name_folded IS NOT NULL
) AS u
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS allowed_count
  FROM setting_identity_center_allowed_domains
) AS n
LEFT JOIN (
  SELECT DISTINCT value_folded AS allowed_folded
  FROM setting_identity_center_allowed_domains
) AS d
  ON d.allowed_folded = u.domain_folded
WHERE n.allowed_count > 0
  AND u.domain_folded <> ''
  AND d.allowed_folded IS NULL
