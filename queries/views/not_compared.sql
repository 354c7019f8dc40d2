-- ---
-- id  = "views/not_compared"
-- doc = "Kinds that cannot be compared, because a table of theirs was not read completely in one of the two snapshots; every kind without a baseline."
-- ---
SELECT DISTINCT
  k.kind AS kind,
  k.table_name AS table_name
FROM inventory_table AS k
LEFT JOIN (
  SELECT c.table_name AS table_name
  FROM coverage AS c
  JOIN baseline_coverage AS b
    ON b.table_name = c.table_name
  WHERE c.state = 'complete'
    AND b.state = 'complete'
) AS w
  ON w.table_name = k.table_name
WHERE w.table_name IS NULL
