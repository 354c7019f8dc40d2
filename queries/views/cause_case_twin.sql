-- ---
-- id  = "views/cause_case_twin"
-- doc = "Folded names that two prefixed Entra groups, or two Identity Center groups, carry in different spellings."
-- ---
SELECT DISTINCT name_folded
FROM (
  SELECT
    display_name_folded AS name_folded,
    MIN(display_name) AS first_name,
    MAX(display_name) AS last_name
  FROM prefixed_group
  GROUP BY display_name_folded
  UNION ALL
  SELECT
    display_name_folded AS name_folded,
    MIN(display_name) AS first_name,
    MAX(display_name) AS last_name
  FROM identity_center_group
  WHERE display_name_folded IS NOT NULL
  GROUP BY display_name_folded
) AS spelt
WHERE first_name <> last_name
