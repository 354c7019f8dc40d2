-- ---
-- id  = "views/explained_difference"
-- doc = "What differs between a source and Identity Center and is no drift: whose people, how many, and the cause. Nothing of a source while a table of it was not read completely."
-- ---
WITH
  present AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM identity_center_person
  ),
  target AS (
    SELECT DISTINCT g.display_name_folded AS name_folded
    FROM identity_center_group AS g
    LEFT JOIN excluded_group AS x
      ON x.name_folded = g.display_name_folded
    WHERE g.display_name_folded IS NOT NULL
      AND x.name_folded IS NULL
  ),
  member AS (
    SELECT DISTINCT
      group_name_folded,
      address_folded
    FROM entra_group_person
    WHERE via = 'member'
      AND address_folded IS NOT NULL
  ),
  idle_owner AS (
    SELECT DISTINCT
      p.group_name AS group_name,
      p.address AS person
    FROM entra_group_person AS p
    JOIN target AS t
      ON t.name_folded = p.group_name_folded
    CROSS JOIN setting AS s
    LEFT JOIN member AS m
      ON m.group_name_folded = p.group_name_folded
      AND m.address_folded = p.address_folded
    LEFT JOIN present AS i
      ON i.group_name_folded = p.group_name_folded
      AND i.user_name_folded = p.address_folded
    WHERE s.identity_center_sync_owners = FALSE
      AND p.via = 'owner'
      AND p.address_folded IS NOT NULL
      AND m.address_folded IS NULL
      AND i.user_name_folded IS NULL
  ),
  inside AS (
    SELECT DISTINCT
      g.display_name AS group_name,
      g.display_name_folded AS group_name_folded,
      COALESCE(h.display_name, h.group_id) AS nested_name,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded
    FROM entra_nested_group AS n
    JOIN prefixed_group AS g
      ON g.group_key = n.outer_key
    JOIN entra_group AS h
      ON h.group_key = n.inner_key
    JOIN entra_group_member AS e
      ON e.group_key = n.inner_key
    JOIN entra_user AS u
      ON u.user_key = e.user_key
    WHERE u.deleted_at IS NULL
      AND n.inner_key <> n.outer_key
  ),
  inside_only AS (
    SELECT
      p.group_name AS group_name,
      p.nested_name AS nested_name,
      p.address_folded AS person
    FROM inside AS p
    JOIN target AS t
      ON t.name_folded = p.group_name_folded
    LEFT JOIN (
      SELECT DISTINCT
        group_name_folded,
        address_folded
      FROM entra_group_person
      WHERE address_folded IS NOT NULL
    ) AS d
      ON d.group_name_folded = p.group_name_folded
      AND d.address_folded = p.address_folded
    LEFT JOIN present AS i
      ON i.group_name_folded = p.group_name_folded
      AND i.user_name_folded = p.address_folded
    WHERE p.address_folded IS NOT NULL
      AND d.address_folded IS NULL
      AND i.user_name_folded IS NULL
  ),
  allowed AS (
    SELECT DISTINCT value_folded AS domain_folded
    FROM setting_identity_center_allowed_domains
  ),
  outside AS (
    SELECT DISTINCT
      p.group_name AS group_name,
      p.domain_folded AS domain,
      p.address_folded AS person
    FROM entra_group_address AS p
    JOIN target AS t
      ON t.name_folded = p.group_name_folded
    CROSS JOIN (
      SELECT DISTINCT COUNT(*) AS allowed_count
      FROM setting_identity_center_allowed_domains
    ) AS n
    CROSS JOIN setting AS s
    LEFT JOIN allowed AS d
      ON d.domain_folded = p.domain_folded
    LEFT JOIN present AS i
      ON i.group_name_folded = p.group_name_folded
      AND i.user_name_folded = p.address_folded
    WHERE n.allowed_count > 0
      AND d.domain_folded IS NULL
      AND (p.via = 'member' OR s.identity_center_sync_owners = TRUE)
      AND i.user_name_folded IS NULL
  ),
  held AS (
    SELECT
      m.group_name AS group_name,
      m.ic_user_key AS person
    FROM identity_center_person AS m
    JOIN (SELECT DISTINCT value_folded FROM setting_identity_center_holding_groups) AS h
      ON h.value_folded = m.group_name_folded
  ),
  entra AS (
    SELECT
      group_name,
      'its owners who are no members' AS who,
      COUNT(*) AS people,
      'not in Identity Center, because owners are not synced' AS difference,
      'owner not member' AS cause
    FROM idle_owner
    GROUP BY group_name
    UNION ALL
    SELECT
      group_name,
      CONCAT('people of the group ', nested_name, ' inside it') AS who,
      COUNT(*) AS people,
      'not in Identity Center, because the sync copies immediate members' AS difference,
      'nested group' AS cause
    FROM inside_only
    GROUP BY
      group_name,
      nested_name
    UNION ALL
    SELECT
      group_name,
      CONCAT('people of the domain ', domain) AS who,
      COUNT(*) AS people,
      'not in Identity Center, because the sync copies nobody of the domain' AS difference,
      'outside the allowed domains' AS cause
    FROM outside
    GROUP BY
      group_name,
      domain
    UNION ALL
    SELECT
      group_name,
      'everybody whom the sync copies' AS who,
      COUNT(*) AS people,
      'in Identity Center alone, because the group is a holding group' AS difference,
      'holding group' AS cause
    FROM held
    GROUP BY group_name
    UNION ALL
    SELECT DISTINCT
      group_name,
      address AS who,
      1 AS people,
      'not in Identity Center yet' AS difference,
      'in flight' AS cause
    FROM missing_member
    WHERE in_flight = TRUE
      AND unread = FALSE
    UNION ALL
    SELECT DISTINCT
      group_name,
      user_name AS who,
      1 AS people,
      'in Identity Center still' AS difference,
      'in flight' AS cause
    FROM sourceless_membership
    WHERE in_flight = TRUE
      AND doubtful = FALSE
      AND user_name IS NOT NULL
    UNION ALL
    SELECT
      group_name,
      NULL AS who,
      NULLIF(1, 1) AS people,
      'the group is not in Identity Center yet' AS difference,
      'in flight' AS cause
    FROM missing_group
    WHERE in_flight = TRUE
    UNION ALL
    SELECT
      group_name,
      NULL AS who,
      NULLIF(1, 1) AS people,
      'the group is in Identity Center still' AS difference,
      'in flight' AS cause
    FROM sourceless_group
    WHERE in_flight = TRUE
  ),
  github AS (
    SELECT DISTINCT
      slug AS group_name,
      login AS who,
      1 AS people,
      'not in Identity Center yet' AS difference,
      'in flight' AS cause
    FROM missing_team_member
    WHERE in_flight = TRUE
      AND unread = FALSE
      AND login IS NOT NULL
    UNION ALL
    SELECT DISTINCT
      group_name,
      user_name AS who,
      1 AS people,
      'in Identity Center still' AS difference,
      'in flight' AS cause
    FROM sourceless_team_membership
    WHERE in_flight = TRUE
      AND doubtful = FALSE
      AND user_name IS NOT NULL
    UNION ALL
    SELECT
      slug AS group_name,
      NULL AS who,
      NULLIF(1, 1) AS people,
      'the group is not in Identity Center yet' AS difference,
      'in flight' AS cause
    FROM missing_team_group
    WHERE in_flight = TRUE
    UNION ALL
    SELECT
      group_name,
      NULL AS who,
      NULLIF(1, 1) AS people,
      'the group is in Identity Center still' AS difference,
      'in flight' AS cause
    FROM teamless_group
    WHERE in_flight = TRUE
  )
SELECT
  'entra' AS source,
  e.group_name AS group_name,
  e.who AS who,
  e.people AS people,
  e.difference AS difference,
  e.cause AS cause
FROM entra AS e
CROSS JOIN drift_incomplete AS d
WHERE d.entra = 0
UNION ALL
SELECT
  'github' AS source,
  g.group_name AS group_name,
  g.who AS who,
  g.people AS people,
  g.difference AS difference,
  g.cause AS cause
FROM github AS g
CROSS JOIN drift_incomplete AS d
WHERE d.github = 0
