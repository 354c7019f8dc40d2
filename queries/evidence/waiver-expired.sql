-- ---
-- id         = "evidence/waiver-expired"
-- title      = "Waivers are in force and match a finding"
-- severity   = "medium"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["AU-3", "AU-8b", "SI-7", "SI-10", "SI-11"], "iso27001:2022" = ["A.5.28", "A.5.33", "A.8.15", "A.8.17"], soc2 = ["CC2.1", "CC7.1"], "pci-dss-4.0.1" = ["10.3.1", "10.6"] }
-- engine     = true
-- ---
-- # Rationale
-- A waiver is a decision to live with a finding until a date. One that has run out,
-- that nobody owns or that matches nothing decides nothing any more, and makes
-- the register look longer than it is.
-- # Remediation
-- Take the waiver out of the register, or have it decided again with an owner, an
-- approver, a reason and an end date.
-- # Computation
-- The engine evaluates this rule after all others, because it needs their
-- findings; the query stands here for its columns and yields no row.
SELECT
  table_name AS resource,
  reason AS reason
FROM coverage
WHERE 1 = 0
ORDER BY resource
