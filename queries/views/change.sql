-- ---
-- id  = "views/change"
-- doc = "What was added and removed since the baseline. A kind that was not read completely in both snapshots is left out: see not_compared."
-- ---
SELECT DISTINCT
  n.kind AS kind,
  'added' AS change,
  n.name AS name,
  n.key AS key
FROM inventory AS n
LEFT JOIN baseline_inventory AS b
  ON b.kind = n.kind
  AND b.key = n.key
LEFT JOIN (SELECT DISTINCT kind FROM not_compared) AS x
  ON x.kind = n.kind
WHERE b.key IS NULL
  AND x.kind IS NULL
  AND n.key IS NOT NULL
UNION ALL
SELECT DISTINCT
  b.kind AS kind,
  'removed' AS change,
  b.name AS name,
  b.key AS key
FROM baseline_inventory AS b
LEFT JOIN inventory AS n
  ON n.kind = b.kind
  AND n.key = b.key
LEFT JOIN (SELECT DISTINCT kind FROM not_compared) AS x
  ON x.kind = b.kind
WHERE n.key IS NULL
  AND x.kind IS NULL
  AND b.key IS NOT NULL
