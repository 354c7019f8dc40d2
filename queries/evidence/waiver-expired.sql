-- ---
-- id         = "evidence/waiver-expired"
-- title      = "Waivers are in force, match a finding, and hide no more than they should"
-- severity   = "medium"
-- population = "coverage"
-- controls   = { "nist-800-53r5" = ["CA-7", "CM-6c"], "iso27001:2022" = ["A.5.36"], soc2 = ["CC4.2"], "pci-dss-4.0.1" = ["7.2.4"] }
-- engine     = true
-- ---
-- # Rationale
-- A waiver is a decision to live with a finding until a date. One that has run out,
-- that nobody owns or that matches nothing decides nothing any more, and makes
-- the register look longer than it is. One that covers every finding of a rule by a
-- pattern, or more than ten, that its own owner approved, or that runs beyond the
-- days of waiver.longest_days after the snapshot is no decision on a finding but a
-- way around the rule: it is not applied, whatever it covers counts as if it were
-- not there, and this finding has the severity of the worst of that. Patterns that
-- cover every finding of a rule together are judged as one. A resource that is
-- written out in full is a decision on that one thing, also where it is the only
-- finding of its rule.
-- # Remediation
-- Take the waiver out of the register, or have it decided again with an owner, an
-- approver, a reason and an end date: one waiver for each resource, written out, or
-- a pattern that is narrow; somebody else than the owner as the approver; and an
-- end within the term, after which it is decided again.
-- # Computation
-- The engine evaluates this rule after all others, because it needs their
-- findings; the query stands here for its columns and yields no row.
SELECT
  table_name AS resource,
  reason AS reason
FROM coverage
WHERE 1 = 0
ORDER BY resource
