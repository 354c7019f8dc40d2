-- ---
-- id  = "views/synced_principal"
-- doc = "Whom the Entra sync should have put into the Identity Center group of the same name: members, and owners where they are synced, within the allowed domains."
-- ---
WITH
  domain AS (
    SELECT DISTINCT value_folded AS allowed_folded
    FROM setting_identity_center_allowed_domains
  ),
  domains AS (
    SELECT DISTINCT COUNT(*) AS allowed_count
    FROM setting_identity_center_allowed_domains
  )
SELECT
  p.group_key AS group_key,
  p.group_id AS group_id,
  p.group_name AS group_name,
  p.group_name_folded AS group_name_folded,
  p.group_created_at AS group_created_at,
  p.person_id AS person_id,
  p.address AS address,
  p.address_folded AS address_folded,
  p.person_created_at AS person_created_at,
  p.via AS via
FROM entra_group_address AS p
CROSS JOIN setting AS s
CROSS JOIN domains AS n
LEFT JOIN domain AS d
  ON d.allowed_folded = p.domain_folded
WHERE (n.allowed_count = 0 OR d.allowed_folded IS NOT NULL)
  AND (p.via = 'member' OR s.identity_center_sync_owners = TRUE)
