-- ---
-- id  = "views/entra_group_address"
-- doc = "Members and owners of prefixed Entra groups whose address is known, with the domain of that address; one row per edge."
-- ---
SELECT
  group_key,
  group_id,
  group_name,
  group_name_folded,
  group_created_at,
  person_id,
  address,
  address_folded,
  person_created_at,
  via,
  COALESCE(
    NULLIF(split_part(address_folded, '@', 3), ''),
    split_part(address_folded, '@', 2)
  ) AS domain_folded
FROM entra_group_person
WHERE address_folded IS NOT NULL
