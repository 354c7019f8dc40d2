-- ---
-- id    = "reports/drift"
-- title = "Drift"
-- doc   = "What differs between declaration, source and Identity Center, and what changed since the baseline."
-- ---

-- ## Differences
-- Findings of the families entra, github, identity and access.
SELECT severity, rule, resource, reason, status, state, cause, first_seen
FROM finding
WHERE state <> 'resolved'
  AND split_part(rule, '/', 1) IN ('entra', 'github', 'identity', 'access')
ORDER BY severity_rank, rule, resource

-- ## New assignments
-- Assignments that the baseline did not have; empty without a baseline.
SELECT a.severity AS severity, a.account AS account, a.permission_set AS permission_set, a.principal_type AS principal_type, a.principal AS principal
FROM named_assignment AS a
CROSS JOIN baseline_snapshot AS s
LEFT JOIN baseline_named_assignment AS b
  ON b.account = a.account
  AND b.permission_set = a.permission_set
  AND b.principal_id = a.principal_id
WHERE b.principal_id IS NULL
ORDER BY a.account, a.permission_set, a.principal

-- ## Removed assignments
-- Assignments of the baseline that are not in the snapshot. Nothing is concluded where a table was not complete: see the sheet Not read.
SELECT b.account AS account, b.permission_set AS permission_set, b.principal_type AS principal_type, b.principal AS principal
FROM baseline_named_assignment AS b
CROSS JOIN coverage AS w
LEFT JOIN named_assignment AS a
  ON a.account = b.account
  AND a.permission_set = b.permission_set
  AND a.principal_id = b.principal_id
WHERE a.principal_id IS NULL
  AND w.table_name = 'account_assignment'
  AND w.state = 'complete'
ORDER BY b.account, b.permission_set, b.principal

-- ## Resolved
-- Findings of the baseline that are gone.
SELECT severity, rule, resource, reason, first_seen
FROM finding
WHERE state = 'resolved'
ORDER BY severity_rank, rule, resource

-- ## Not read
-- Tables that were not read completely.
SELECT table_name, source, state, reason
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY state, table_name
