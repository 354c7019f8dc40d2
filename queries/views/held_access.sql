-- ---
-- id  = "views/held_access"
-- doc = "Who holds what, by ids that outlive names: one row per person, account, permission set and path. People, accounts and permission sets that are missing from the snapshot are there by their ids."
-- ---
WITH
  held AS (
    SELECT
      a.account_key AS account_key,
      a.permission_set_key AS permission_set_key,
      a.account_id AS account_id,
      a.permission_set_arn AS permission_set_arn,
      a.principal_id AS group_id,
      m.ic_group_key AS ic_group_key,
      m.ic_user_key AS ic_user_key,
      m.user_id AS user_id,
      m.created_at AS since,
      'group' AS way
    FROM account_assignment AS a
    JOIN identity_center_membership AS m
      ON m.ic_group_key = a.ic_group_key
    UNION ALL
    SELECT
      a.account_key AS account_key,
      a.permission_set_key AS permission_set_key,
      a.account_id AS account_id,
      a.permission_set_arn AS permission_set_arn,
      a.principal_id AS group_id,
      a.ic_group_key AS ic_group_key,
      m.ic_user_key AS ic_user_key,
      m.user_id AS user_id,
      m.created_at AS since,
      'group' AS way
    FROM account_assignment AS a
    JOIN identity_center_membership AS m
      ON m.group_id = a.principal_id
    WHERE a.ic_group_key IS NULL
      AND m.ic_group_key IS NULL
    UNION ALL
    SELECT
      a.account_key AS account_key,
      a.permission_set_key AS permission_set_key,
      a.account_id AS account_id,
      a.permission_set_arn AS permission_set_arn,
      NULL AS group_id,
      NULL AS ic_group_key,
      a.ic_user_key AS ic_user_key,
      a.principal_id AS user_id,
      NULL AS since,
      'direct' AS way
    FROM account_assignment AS a
    WHERE a.ic_user_key IS NOT NULL
      OR (a.principal_type = 'USER' AND a.ic_group_key IS NULL)
  )
SELECT
  COALESCE(u.user_id, h.user_id, 'unknown user') AS person_id,
  COALESCE(u.user_name, u.user_id, h.user_id, 'unknown user') AS person,
  u.user_name_folded AS person_folded,
  u.email_folded AS email_folded,
  u.display_name AS display_name,
  u.email_type_folded AS email_type_folded,
  u.status AS user_status,
  h.account_key AS account_key,
  COALESCE(c.account_id, h.account_id, 'unknown account') AS account_id,
  COALESCE(c.label, h.account_id, 'unknown account') AS account,
  h.permission_set_key AS permission_set_key,
  COALESCE(p.arn, h.permission_set_arn, 'unknown permission set') AS permission_set_arn,
  COALESCE(p.name, p.arn, h.permission_set_arn, 'unknown permission set') AS permission_set,
  p.name_folded AS permission_set_folded,
  CASE WHEN h.permission_set_key IS NULL OR p.name_folded IS NULL THEN NULL ELSE p.privileged END AS privileged,
  CASE WHEN h.account_key IS NULL OR c.name_folded IS NULL THEN NULL ELSE c.production END AS production,
  h.way AS way,
  h.group_id AS group_id,
  g.display_name AS group_name,
  g.display_name_folded AS group_name_folded,
  g.prefixed AS prefixed,
  h.since AS since
FROM held AS h
LEFT JOIN identity_center_user AS u
  ON u.ic_user_key = h.ic_user_key
LEFT JOIN identity_center_group AS g
  ON g.ic_group_key = h.ic_group_key
LEFT JOIN aws_account AS c
  ON c.account_key = h.account_key
LEFT JOIN permission_set AS p
  ON p.permission_set_key = h.permission_set_key
