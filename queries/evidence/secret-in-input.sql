-- ---
-- id         = "evidence/secret-in-input"
-- title      = "Imported files hold no secret values"
-- severity   = "high"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["IA-5g", "SI-10"], "iso27001:2022" = ["A.5.17", "A.8.12"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.3.2"], "moj-acp" = ["POL.ACP.014"] }
-- ---
-- # Rationale
-- A file that was handed in as evidence held something that looks like a secret
-- value. It was refused or redacted and is not in the snapshot, but whoever saw the
-- file has seen it.
-- # Remediation
-- Rotate what was exposed. Delete the file and its copies, and export it again
-- without values.
SELECT
  file AS resource,
  CASE
    WHEN places = 1 THEN CONCAT(file, ' held something that looks like a secret value')
    ELSE CONCAT(file, ' held something that looks like a secret value in ', CAST(places AS STRING), ' places')
  END AS reason,
  places AS places,
  first_position AS first_position
FROM (
  SELECT
    file,
    COUNT(*) AS places,
    MIN(position) AS first_position
  FROM (
    SELECT
      COALESCE(file, 'unknown file') AS file,
      position
    FROM input_incident
    WHERE kind = 'secret'
  ) AS incident
  GROUP BY file
) AS counted
ORDER BY resource
