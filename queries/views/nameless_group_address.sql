-- ---
-- id  = "views/nameless_group_address"
-- doc = "Folded addresses of the members and owners of Entra groups whose name could not be read: such a group may be a second one of any name. Null stands for people whose address is not known."
-- ---
WITH
  edge AS (
    SELECT
      e.user_key AS user_key,
      e.member_type AS member_type
    FROM nameless_group AS n
    JOIN entra_group_member AS e
      ON e.group_key = n.group_key
    UNION ALL
    SELECT
      e.user_key AS user_key,
      e.member_type AS member_type
    FROM nameless_group AS n
    JOIN entra_group_owner AS e
      ON e.group_key = n.group_key
  )
SELECT COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded
FROM edge AS e
JOIN entra_user AS u
  ON u.user_key = e.user_key
UNION
SELECT NULL AS address_folded
FROM edge AS e
WHERE e.user_key IS NULL
  AND (e.member_type IS NULL OR e.member_type = 'user')
