-- ---
-- id  = "views/cause_missing_member"
-- doc = "Why somebody is missing from the Identity Center group of an Entra group, where the data shows it; one row per group and person."
-- ---
WITH
  missing AS (
    SELECT
      group_key,
      group_id,
      group_name_folded,
      person_id,
      address_folded,
      MAX(CASE WHEN was_there = TRUE THEN group_id END) AS there_before,
      COUNT(CASE WHEN via = 'member' THEN 1 END) AS as_member,
      COUNT(CASE WHEN via = 'owner' THEN 1 END) AS as_owner
    FROM missing_member
    WHERE unread = FALSE
    GROUP BY
      group_key,
      group_id,
      group_name_folded,
      person_id,
      address_folded
  ),
  vague AS (
    SELECT DISTINCT group_key
    FROM entra_group_stranger
  ),
  -- Who is both a member and an owner counts with either list.
  listed AS (
    SELECT
      p.group_key AS group_key,
      p.person_id AS person_id,
      COUNT(CASE WHEN p.via = 'member' THEN 1 END) AS as_member,
      COUNT(CASE WHEN p.via = 'owner' THEN 1 END) AS as_owner
    FROM synced_principal AS p
    JOIN (SELECT DISTINCT group_key FROM missing) AS m
      ON m.group_key = p.group_key
    GROUP BY
      p.group_key,
      p.person_id
  ),
  counted AS (
    SELECT
      group_key,
      COUNT(CASE WHEN as_member > 0 THEN 1 END) AS members,
      COUNT(CASE WHEN as_member > 0 AND as_owner > 0 THEN 1 END) AS owning_members
    FROM listed
    GROUP BY group_key
  ),
  lacking AS (
    SELECT
      group_key,
      COUNT(CASE WHEN as_member > 0 THEN 1 END) AS members,
      COUNT(CASE WHEN as_member > 0 AND as_owner > 0 THEN 1 END) AS owning_members
    FROM missing
    GROUP BY group_key
  ),
  page AS (
    SELECT DISTINCT c.group_key AS group_key
    FROM counted AS c
    JOIN lacking AS l
      ON l.group_key = c.group_key
    LEFT JOIN vague AS v
      ON v.group_key = c.group_key
    WHERE v.group_key IS NULL
      AND c.members - l.members >= 100
      AND (c.members - l.members) - (c.owning_members - l.owning_members) <= 100
  )
SELECT DISTINCT
  m.group_id AS group_id,
  m.person_id AS person_id,
  CASE
    WHEN m.there_before IS NOT NULL AND (ru.name_folded IS NOT NULL OR rg.name_folded IS NOT NULL)
      THEN 'recreated under a new id'
    WHEN tw.name_folded IS NOT NULL THEN 'case twin'
    WHEN m.as_member = 0 THEN 'owner not member'
    WHEN u.account_enabled = FALSE THEN 'disabled upstream'
    WHEN m.as_owner = 0 AND f.group_key IS NOT NULL THEN 'beyond the first page of 100'
  END AS cause
FROM missing AS m
JOIN entra_user AS u
  ON u.user_id = m.person_id
LEFT JOIN cause_recreated_user AS ru
  ON ru.name_folded = m.address_folded
LEFT JOIN (SELECT DISTINCT name_folded FROM cause_recreated_group) AS rg
  ON rg.name_folded = m.group_name_folded
LEFT JOIN cause_case_twin AS tw
  ON tw.name_folded = m.group_name_folded
LEFT JOIN page AS f
  ON f.group_key = m.group_key
