-- ---
-- id         = "evidence/duplicate-key"
-- title      = "Every object is in the snapshot once"
-- severity   = "medium"
-- population = "natural_key"
-- controls   = { "nist-800-53r5" = ["CM-8a.1", "CM-8a.3", "SI-10"], "iso27001:2022" = ["A.5.9", "A.5.28"], soc2 = ["CC2.1"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.041"] }
-- ---
-- # Rationale
-- An id that an answer holds twice with different contents was changed while it
-- was read, or comes from two exports that were put together. One of the two was
-- dropped, and nobody can say whether it was the true one.
-- # Remediation
-- Take the snapshot again, from one reading of the source. When the id is there
-- twice again, ask the source for it alone and compare.
WITH
  twice AS (
    SELECT
      table_name,
      key_text,
      COUNT(*) AS times
    FROM natural_key
    WHERE key_text IS NOT NULL
    GROUP BY
      table_name,
      key_text
  )
SELECT
  CONCAT(i.table_name, '/', i.position) AS resource,
  'fail' AS status,
  CONCAT(
    i.file, ' holds ', i.position, ' of the table ', i.table_name, ' twice with different contents; the first one was kept'
  ) AS reason,
  i.table_name AS in_table,
  i.file AS file
FROM input_incident AS i
WHERE i.kind = 'duplicate'
  AND i.table_name IS NOT NULL
UNION ALL
SELECT
  CONCAT(t.table_name, '/', t.key_text) AS resource,
  'fail' AS status,
  CONCAT('the table ', t.table_name, ' holds ', t.key_text, ' ', CAST(t.times AS STRING), ' times') AS reason,
  t.table_name AS in_table,
  NULL AS file
FROM twice AS t
WHERE t.times > 1
UNION ALL
SELECT DISTINCT
  CONCAT(k.table_name, '/unknown key') AS resource,
  'unknown' AS status,
  CONCAT('a row of the table ', k.table_name, ' has no key, so whether it is there twice cannot be told') AS reason,
  k.table_name AS in_table,
  NULL AS file
FROM natural_key AS k
WHERE k.key_text IS NULL
ORDER BY
  resource,
  status,
  file
