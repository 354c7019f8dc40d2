-- ---
-- id  = "rotation/reach"
-- doc = "Whom each source brings into Identity Center, and what they reach: origin is the source, null where it is not known, and source the word for it."
-- ---
WITH
  bound AS (
    SELECT
      u.ic_user_key AS ic_user_key,
      CASE
        WHEN u.email_type_folded = s.identity_center_entra_email_type_folded THEN 'entra'
        WHEN u.email_type_folded = s.identity_center_github_email_type_folded THEN 'github'
        ELSE 'not known'
      END AS source,
      u.user_name_folded AS user_name_folded
    FROM identity_center_user AS u
    CROSS JOIN setting AS s
  ),
  linked AS (
    SELECT DISTINCT
      e.other AS one_folded,
      g.other AS other_folded
    FROM same_person AS k
    JOIN same_person AS e
      ON e.one = k.one
    JOIN same_person AS g
      ON g.one = k.other
    WHERE k.kinds = 'entra and github'
      AND e.kinds = 'entra and identity center'
      AND g.kinds = 'github and identity center'
  ),
  both_ways AS (
    SELECT DISTINCT one_folded AS user_name_folded FROM linked
    UNION ALL
    SELECT DISTINCT other_folded AS user_name_folded FROM linked
  ),
  held AS (
    SELECT
      ic_user_key,
      COUNT(*) AS memberships
    FROM identity_center_membership
    WHERE ic_user_key IS NOT NULL
    GROUP BY ic_user_key
  ),
  privileged AS (
    SELECT DISTINCT person_folded
    FROM effective_access
    WHERE privileged = TRUE
  ),
  privileged_production AS (
    SELECT DISTINCT person_folded
    FROM effective_access
    WHERE privileged = TRUE
      AND production = TRUE
  ),
  in_group AS (
    SELECT DISTINCT
      b.source AS source,
      m.ic_group_key AS ic_group_key
    FROM bound AS b
    JOIN identity_center_membership AS m
      ON m.ic_user_key = b.ic_user_key
    WHERE m.ic_group_key IS NOT NULL
  ),
  of_group AS (
    SELECT
      source,
      COUNT(*) AS group_count
    FROM in_group
    GROUP BY source
  ),
  reached AS (
    SELECT
      i.source AS source,
      a.account AS account,
      a.production AS production
    FROM in_group AS i
    JOIN group_assignment AS a
      ON a.ic_group_key = i.ic_group_key
    UNION ALL
    SELECT
      b.source AS source,
      a.account AS account,
      a.production AS production
    FROM bound AS b
    JOIN assignment AS a
      ON a.ic_user_key = b.ic_user_key
  ),
  of_account AS (
    SELECT
      source,
      COUNT(*) AS accounts,
      COUNT(CASE WHEN production = TRUE THEN 1 END) AS production_accounts
    FROM (SELECT DISTINCT source, account, production FROM reached) AS once
    GROUP BY source
  )
SELECT
  CASE WHEN b.source <> 'not known' THEN b.source END AS origin,
  b.source AS source,
  COUNT(*) AS users,
  SUM(COALESCE(h.memberships, 0)) AS memberships,
  COUNT(p.person_folded) AS privileged_users,
  COUNT(w.user_name_folded) AS users_with_another_way_in,
  COUNT(q.person_folded) AS privileged_on_production,
  COUNT(CASE WHEN p.person_folded IS NOT NULL AND w.user_name_folded IS NULL THEN 1 END) AS privileged_without_another_way_in,
  MAX(COALESCE(g.group_count, 0)) AS groups_reached,
  MAX(COALESCE(c.accounts, 0)) AS accounts,
  MAX(COALESCE(c.production_accounts, 0)) AS production_accounts
FROM bound AS b
LEFT JOIN held AS h
  ON h.ic_user_key = b.ic_user_key
LEFT JOIN privileged AS p
  ON p.person_folded = b.user_name_folded
LEFT JOIN privileged_production AS q
  ON q.person_folded = b.user_name_folded
LEFT JOIN (SELECT DISTINCT user_name_folded FROM both_ways) AS w
  ON w.user_name_folded = b.user_name_folded
LEFT JOIN of_group AS g
  ON g.source = b.source
LEFT JOIN of_account AS c
  ON c.source = b.source
GROUP BY b.source
