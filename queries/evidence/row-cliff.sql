-- ---
-- id         = "evidence/row-cliff"
-- title      = "Tables keep about as many rows as they had, and do not end with a full page"
-- severity   = "medium"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["CM-8a.1", "CM-8a.2", "SI-10"], "iso27001:2022" = ["A.5.9", "A.5.28"], soc2 = ["CC2.1"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.041"] }
-- params     = { lost_percent = 20, minimum_rows = 10, page_size = 100 }
-- ---
-- # Rationale
-- A table that lost much of its rows since the baseline was hardly emptied by
-- people: a permission was narrowed, or a client stopped after its first page.
-- Nothing else shows it, because a short answer looks complete. The same holds for
-- a table whose every page is full to the last row, where the source never said
-- how many there are.
-- # Remediation
-- Compare the count with the source itself. When rows are missing, collect or
-- export again with a client that follows every page. When the loss is real, the
-- next snapshot will agree with this one.
WITH
  counted AS (
    SELECT
      table_name,
      source,
      state,
      pages,
      source_count,
      row_count
    FROM coverage
    WHERE source <> 'register'
      AND source <> 'evidence'
      AND table_name NOT IN ('entra_audit_event', 'github_audit_event', 'cloudtrail_event', 'auth0_log_event')
  ),
  earlier AS (
    SELECT
      table_name,
      row_count
    FROM baseline_coverage
    WHERE state = 'complete'
  )
SELECT
  c.table_name AS resource,
  'medium' AS severity,
  CASE WHEN c.state = 'complete' AND c.row_count IS NOT NULL THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN c.state = 'complete' AND c.row_count IS NOT NULL THEN CONCAT(
      'the table ', c.table_name, ' holds ', CAST(c.row_count AS STRING), ' rows and had ',
      CAST(e.row_count AS STRING), ' at the baseline'
    )
    ELSE CONCAT(
      'the table ', c.table_name, ' had ', CAST(e.row_count AS STRING),
      ' rows at the baseline and was not read in full, so whether it lost any cannot be told'
    )
  END AS reason,
  c.source AS source,
  c.row_count AS row_count,
  e.row_count AS row_count_before,
  c.pages AS pages
FROM counted AS c
CROSS JOIN param AS p
JOIN earlier AS e
  ON e.table_name = c.table_name
WHERE e.row_count >= p.minimum_rows
  AND (
    (c.state IS DISTINCT FROM 'complete')
    OR c.row_count IS NULL
    OR (e.row_count - c.row_count) * 100 > e.row_count * p.lost_percent
  )
UNION ALL
SELECT
  c.table_name AS resource,
  'medium' AS severity,
  'unknown' AS status,
  CONCAT('the table ', c.table_name, ' was not read in full at the baseline, so whether it lost rows since cannot be told') AS reason,
  c.source AS source,
  c.row_count AS row_count,
  NULL AS row_count_before,
  c.pages AS pages
FROM counted AS c
JOIN baseline_coverage AS b
  ON b.table_name = c.table_name
WHERE b.state IN ('partial', 'denied', 'failed')
UNION ALL
SELECT
  c.table_name AS resource,
  'low' AS severity,
  'fail' AS status,
  CONCAT(
    'the table ', c.table_name, ' holds exactly ', CAST(c.row_count AS STRING), ' rows on ',
    CAST(c.pages AS STRING), ' full pages, and the source did not say how many there are'
  ) AS reason,
  c.source AS source,
  c.row_count AS row_count,
  NULL AS row_count_before,
  c.pages AS pages
FROM counted AS c
CROSS JOIN param AS p
WHERE c.state = 'complete'
  AND c.source_count IS NULL
  AND c.row_count > 0
  AND c.row_count = c.pages * p.page_size
ORDER BY
  resource,
  status,
  severity
