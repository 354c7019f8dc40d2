-- ---
-- id  = "views/access_path"
-- doc = "How people of the sources come into the Identity Center groups that are named after them: one row per group, user and way (member, owner, nested group or child team). Ways stand side by side."
-- ---
WITH
  below AS (
    SELECT DISTINCT
      o.display_name_folded AS group_name_folded,
      i.display_name AS through,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS user_name_folded
    FROM entra_nested_group AS n
    JOIN entra_group AS o
      ON o.group_key = n.outer_key
    JOIN entra_group AS i
      ON i.group_key = n.inner_key
    JOIN entra_group_member AS e
      ON e.group_key = n.inner_key
    JOIN entra_user AS u
      ON u.user_key = e.user_key
    WHERE o.prefixed = TRUE
      AND u.deleted_at IS NULL
  )
SELECT DISTINCT
  p.group_name_folded AS group_name_folded,
  p.address_folded AS user_name_folded,
  p.via AS way,
  NULL AS through
FROM entra_group_person AS p
WHERE p.group_name_folded IS NOT NULL
  AND p.address_folded IS NOT NULL
UNION ALL
SELECT DISTINCT
  b.group_name_folded AS group_name_folded,
  b.user_name_folded AS user_name_folded,
  'nested group' AS way,
  b.through AS through
FROM below AS b
WHERE b.group_name_folded IS NOT NULL
  AND b.user_name_folded IS NOT NULL
UNION ALL
SELECT DISTINCT
  t.slug_folded AS group_name_folded,
  t.user_name_folded AS user_name_folded,
  CASE WHEN t.via_slug_folded = t.slug_folded THEN 'member' ELSE 'child team' END AS way,
  CASE WHEN t.via_slug_folded = t.slug_folded THEN NULL ELSE t.via_slug END AS through
FROM team_person AS t
WHERE t.slug_folded IS NOT NULL
  AND t.user_name_folded IS NOT NULL
