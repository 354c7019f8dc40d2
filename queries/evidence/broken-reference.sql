-- ---
-- id         = "evidence/broken-reference"
-- title      = "Memberships, ownerships and assignments refer to objects of the same snapshot"
-- severity   = "low"
-- population = "reference"
-- controls   = { "nist-800-53r5" = ["CM-8a.1", "SI-10"], "iso27001:2022" = ["A.5.9", "A.5.28"], soc2 = ["CC2.1"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.041"] }
-- ---
-- # Rationale
-- A reference to something that the snapshot does not hold means that one of the
-- two answers is short, or that they were read while something changed. What rests
-- on it cannot be shown to a person, and counts are off by it.
-- # Remediation
-- Take the snapshot again. When the reference is still broken, look the id up at
-- the source: it may be deleted there and still be listed.
SELECT
  CONCAT(edge, '/', missing_id) AS resource,
  status AS status,
  CASE
    WHEN status = 'unknown' THEN CONCAT(
      'a row of ', edge, ' refers to ', missing_id, ', of which the answer does not say what it is'
    )
    ELSE CONCAT('a row of ', edge, ' refers to the ', object, ' ', missing_id, ', which is missing from the snapshot')
  END AS reason,
  edge AS edge,
  object AS object,
  missing_id AS missing_id
FROM broken_reference
ORDER BY
  resource,
  status,
  object
