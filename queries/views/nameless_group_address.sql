-- ---
-- id  = "views/nameless_group_address"
-- doc = "Folded addresses of the members and owners of Entra groups whose name could not be read: such a group may be a second one of any name. Null stands for people whose address is not known."
-- ---
SELECT DISTINCT COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded
FROM (
  SELECT
    n.group_key AS group_key,
    e.user_key AS user_key,
    e.member_type AS member_type
  FROM entra_group_member AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
  UNION ALL
  SELECT
    n.group_key AS group_key,
    e.user_key AS user_key,
    e.member_type AS member_type
  FROM entra_group_owner AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
) AS edge
LEFT JOIN entra_user AS u
  ON u.user_key = edge.user_key
WHERE u.user_key IS NOT NULL
  OR edge.member_type IS NULL
  OR edge.member_type = 'user'
