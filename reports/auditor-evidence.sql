-- ---
-- id     = "reports/auditor-evidence"
-- title  = "Auditor's evidence"
-- doc    = "The complete population, the rules with their queries, what they found, what was waived, how completely everything was read, and the hashes of all inputs and outputs."
-- charts = ["findings", "secrets", "access"]
-- ---

-- ## Findings
-- Every finding, waived and resolved ones included.
SELECT finding_id, rule, title, severity, status, state, resource, reason, cause, pack, account, person, first_seen, waiver, waived_until, controls, evidence
FROM finding
ORDER BY severity_rank, rule, resource, state

-- ## Rules
-- Every rule with its state, population, parameters and query.
SELECT rule, title, severity, state, why, findings, undecided, population, population_of, controls, parameters, rationale, remediation, query
FROM rule_result
ORDER BY rule

-- ## Controls
-- Every control of the frameworks, with the rules that speak of it and what they found. A control without a rule is not assessed here.
SELECT
  k.framework AS framework,
  k.version AS version,
  k.control AS control,
  k.title AS title,
  c.rule AS rule,
  COALESCE(r.state, 'not assessed') AS state,
  r.findings AS findings,
  r.undecided AS undecided
FROM control AS k
LEFT JOIN rule_control AS c
  ON c.framework = k.framework
  AND c.control = k.control
LEFT JOIN rule_result AS r
  ON r.rule = c.rule
ORDER BY k.place, c.rule

-- ## Waivers
-- Every waiver of the register.
SELECT waiver, rule, resource, reason, owner, approver, ticket, expires
FROM waiver_list
ORDER BY waiver

-- ## Access
-- The complete population of assignments.
SELECT severity, account, permission_set, principal_type, principal, principal_id
FROM named_assignment
ORDER BY account, permission_set, principal_type, principal, principal_id

-- ## People
-- Every user of Identity Center.
SELECT user_id, user_name, display_name, email, email_type, status, created_at
FROM identity_center_user
ORDER BY user_name, user_id

-- ## Coverage
-- How completely every table was read.
SELECT table_name, source, state, reason, source_count, read_count, row_count, excluded_count, excluded, sha256
FROM coverage
ORDER BY table_name

-- ## Incidents
-- What inputs held that was refused, dropped or could not be read.
SELECT file, position, kind, table_name, expected, message
FROM input_incident
ORDER BY file, position, kind, message

-- ## Changes
-- What was added and removed since the baseline: who made it, when, and how that is known; or between which two moments it happened, and why nobody can be named.
SELECT kind, change, name, actor, happened_at, how_known, not_before, not_after, why_unknown
FROM change_attributed
ORDER BY kind, change, name, key

-- ## Not compared
-- Kinds that one of the two snapshots did not read completely: nothing is concluded about them.
SELECT kind, table_name
FROM not_compared
ORDER BY kind, table_name

-- ## Hashes
-- SHA-256 of inputs, registers and tables; settings that were in force.
SELECT section, name, value
FROM manifest_entry
ORDER BY section, name, value
