-- ---
-- id  = "views/cause_missing_group"
-- doc = "Why a prefixed Entra group has no Identity Center group, where the data shows it; one row per group."
-- ---
SELECT
  g.group_id AS group_id,
  CASE
    WHEN n.nameless = 0 AND c.all_groups - c.missing_groups = 100 THEN 'beyond the first page of 100'
  END AS cause
FROM (SELECT DISTINCT group_id FROM missing_group) AS g
CROSS JOIN (
  SELECT DISTINCT
    COUNT(*) AS all_groups,
    COUNT(m.group_key) AS missing_groups
  FROM prefixed_group AS p
  LEFT JOIN (SELECT DISTINCT group_key FROM missing_group) AS m
    ON m.group_key = p.group_key
  LEFT JOIN (SELECT DISTINCT name_folded FROM excluded_group) AS x
    ON x.name_folded = p.display_name_folded
  WHERE x.name_folded IS NULL
) AS c
CROSS JOIN (SELECT DISTINCT COUNT(*) AS nameless FROM nameless_group) AS n
