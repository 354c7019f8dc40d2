-- ---
-- id         = "evidence/waiver-expired"
-- title      = "Waivers are in force and match a finding"
-- severity   = "medium"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["CA-7", "CM-6c"], "iso27001:2022" = ["A.5.36"], soc2 = ["CC4.2"], "pci-dss-4.0.1" = ["7.2.4"] }
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
