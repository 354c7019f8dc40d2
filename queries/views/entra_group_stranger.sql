-- ---
-- id  = "views/entra_group_stranger"
-- doc = "Members and owners of prefixed Entra groups who are or may be people, but whose address is not known."
-- ---
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.created_at AS group_created_at,
  COALESCE(e.member_id, 'unknown id') AS member_id,
  'member' AS via
FROM entra_group_member AS e
JOIN prefixed_group AS g
  ON g.group_key = e.group_key
LEFT JOIN entra_user AS u
  ON u.user_id = e.member_id
LEFT JOIN entra_group AS nested
  ON nested.group_id = e.member_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND (
    e.member_type = 'user'
    OR (e.member_type IS NULL AND nested.group_id IS NULL)
  )
UNION ALL
SELECT
  g.group_key AS group_key,
  g.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.created_at AS group_created_at,
  COALESCE(e.member_id, 'unknown id') AS member_id,
  'owner' AS via
FROM entra_group_owner AS e
JOIN prefixed_group AS g
  ON g.group_key = e.group_key
LEFT JOIN entra_user AS u
  ON u.user_id = e.member_id
WHERE e.user_key IS NULL
  AND u.user_id IS NULL
  AND (e.member_type = 'user' OR e.member_type IS NULL)
UNION ALL
SELECT
  p.group_key AS group_key,
  p.group_id AS group_id,
  p.group_name AS group_name,
  p.group_name_folded AS group_name_folded,
  p.group_created_at AS group_created_at,
  p.person_id AS member_id,
  p.via AS via
FROM entra_group_person AS p
WHERE p.address_folded IS NULL
