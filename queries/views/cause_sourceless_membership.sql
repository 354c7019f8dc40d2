-- ---
-- id  = "views/cause_sourceless_membership"
-- doc = "Why somebody is in the Identity Center group of an Entra group and not in that, where the data shows it; one row per group and user."
-- ---
WITH
  extra AS (
    SELECT DISTINCT
      ic_group_key,
      ic_user_key,
      group_name_folded,
      user_name_folded
    FROM sourceless_membership
    WHERE doubtful = FALSE
      AND user_name_folded IS NOT NULL
  ),
  nested AS (
    SELECT DISTINCT
      g.display_name_folded AS group_name_folded,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded
    FROM entra_nested_group AS n
    JOIN prefixed_group AS g
      ON g.group_key = n.outer_key
    JOIN (SELECT DISTINCT group_name_folded FROM extra) AS x
      ON x.group_name_folded = g.display_name_folded
    JOIN entra_group_member AS e
      ON e.group_key = n.inner_key
    JOIN entra_user AS u
      ON u.user_key = e.user_key
    WHERE u.deleted_at IS NULL
  ),
  account AS (
    SELECT
      x.user_name_folded AS address_folded,
      COUNT(CASE WHEN u.account_enabled = FALSE THEN 1 END) AS disabled,
      COUNT(*) AS accounts
    FROM (SELECT DISTINCT user_name_folded FROM extra) AS x
    JOIN entra_user AS u
      ON COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) = x.user_name_folded
    WHERE u.deleted_at IS NULL
    GROUP BY x.user_name_folded
  )
SELECT DISTINCT
  m.ic_group_key AS ic_group_key,
  m.ic_user_key AS ic_user_key,
  CASE
    WHEN tw.name_folded IS NOT NULL THEN 'case twin'
    WHEN n.address_folded IS NOT NULL THEN 'nested group'
    WHEN i.email_type_folded <> s.identity_center_entra_email_type_folded THEN 'other writer'
    WHEN o.ic_user_key IS NOT NULL THEN 'outside the allowed domains'
    WHEN a.disabled = a.accounts THEN 'disabled upstream'
  END AS cause
FROM extra AS m
JOIN identity_center_user AS i
  ON i.ic_user_key = m.ic_user_key
CROSS JOIN setting AS s
LEFT JOIN cause_case_twin AS tw
  ON tw.name_folded = m.group_name_folded
LEFT JOIN nested AS n
  ON n.group_name_folded = m.group_name_folded
  AND n.address_folded = m.user_name_folded
LEFT JOIN cause_outside_domains AS o
  ON o.ic_user_key = m.ic_user_key
LEFT JOIN account AS a
  ON a.address_folded = m.user_name_folded
