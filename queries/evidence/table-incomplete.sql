-- ---
-- id         = "evidence/table-incomplete"
-- title      = "Every table of the snapshot was read in full"
-- severity   = "high"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["CM-8a.1", "CM-8a.2"], "iso27001:2022" = ["A.5.9", "A.5.28"], soc2 = ["CC2.1"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.041"] }
-- ---
-- # Rationale
-- A table that could not be read in full proves nothing: rules on it answer unknown
-- instead of pass. One that nobody asked for is listed too, so that a reader knows
-- what the snapshot leaves out.
-- # Remediation
-- The reason says what was missing: a permission, a page, a file. Put it right and
-- take the snapshot again.
SELECT
  table_name AS resource,
  CASE WHEN state = 'skipped' THEN 'info' ELSE 'high' END AS severity,
  CASE
    WHEN state = 'skipped' THEN CONCAT('the table ', table_name, ' was not read')
    WHEN state = 'denied' THEN CONCAT('reading the table ', table_name, ' was denied')
    WHEN state = 'failed' THEN CONCAT('reading the table ', table_name, ' failed')
    WHEN state = 'partial' THEN CONCAT('the table ', table_name, ' was read in part')
    ELSE CONCAT('how completely the table ', table_name, ' was read is not known')
  END AS reason,
  CASE WHEN state IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  source AS source,
  state AS state,
  reason AS cause,
  row_count AS row_count,
  source_count AS source_count
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY resource
