-- ---
-- id  = "views/entra_nested_group"
-- doc = "Groups inside groups, up to eight levels deep, whatever their names: one row per pair of an outer group and a group below it; a group that is below itself goes in a circle."
-- ---
WITH
  one AS (
    SELECT DISTINCT
      e.group_key AS outer_key,
      g.group_key AS inner_key
    FROM entra_group_member AS e
    JOIN entra_group AS g
      ON g.group_id = e.member_id
    WHERE e.user_key IS NULL
  ),
  two AS (
    SELECT outer_key, inner_key FROM one
    UNION ALL
    SELECT a.outer_key AS outer_key, b.inner_key AS inner_key
    FROM one AS a
    JOIN one AS b
      ON b.outer_key = a.inner_key
  ),
  two_once AS (
    SELECT DISTINCT outer_key, inner_key FROM two
  ),
  four AS (
    SELECT outer_key, inner_key FROM two_once
    UNION ALL
    SELECT a.outer_key AS outer_key, b.inner_key AS inner_key
    FROM two_once AS a
    JOIN two_once AS b
      ON b.outer_key = a.inner_key
  ),
  four_once AS (
    SELECT DISTINCT outer_key, inner_key FROM four
  ),
  eight AS (
    SELECT outer_key, inner_key FROM four_once
    UNION ALL
    SELECT a.outer_key AS outer_key, b.inner_key AS inner_key
    FROM four_once AS a
    JOIN four_once AS b
      ON b.outer_key = a.inner_key
  )
SELECT DISTINCT outer_key, inner_key
FROM eight
