-- ---
-- id  = "views/cause_orphaned_user"
-- doc = "Why an Identity Center user of the Entra type without a user of Entra is still there, where the data shows it; one row per user."
-- ---
WITH
  orphan AS (
    SELECT
      u.ic_user_key AS ic_user_key,
      CASE
        WHEN CONCAT('@', split_part(u.user_name_folded, '@', 2)) = s.identity_center_github_suffix_folded THEN TRUE
        ELSE FALSE
      END AS named_by_github
    FROM identity_center_user AS u
    CROSS JOIN setting AS s
    LEFT JOIN entra_address AS e
      ON e.address_folded = u.user_name_folded
    WHERE u.email_type_folded = s.identity_center_entra_email_type_folded
      AND u.user_name_folded IS NOT NULL
      AND e.address_folded IS NULL
  ),
  held AS (
    SELECT
      o.ic_user_key AS ic_user_key,
      COUNT(*) AS memberships,
      COUNT(h.ic_group_key) AS holdings
    FROM orphan AS o
    JOIN identity_center_membership AS m
      ON m.ic_user_key = o.ic_user_key
    LEFT JOIN (
      SELECT DISTINCT g.ic_group_key AS ic_group_key
      FROM identity_center_group AS g
      JOIN setting_identity_center_holding_groups AS s
        ON s.value_folded = g.display_name_folded
    ) AS h
      ON h.ic_group_key = m.ic_group_key
    GROUP BY o.ic_user_key
  )
SELECT DISTINCT
  o.ic_user_key AS ic_user_key,
  CASE
    WHEN o.named_by_github = TRUE THEN 'other writer'
    WHEN d.ic_user_key IS NOT NULL THEN 'outside the allowed domains'
    WHEN h.memberships = h.holdings THEN 'holding group'
  END AS cause
FROM orphan AS o
LEFT JOIN cause_outside_domains AS d
  ON d.ic_user_key = o.ic_user_key
LEFT JOIN held AS h
  ON h.ic_user_key = o.ic_user_key
