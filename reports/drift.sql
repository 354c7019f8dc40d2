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

-- ## Explained
-- What differs and is no drift, by its cause. Nothing of a source that was not read completely: see Not read.
SELECT cause, source, group_name, who, people, difference
FROM explained_difference
ORDER BY cause, source, group_name, who, difference

-- ## Causes
-- What the words for causes mean. Where several fit, the first is named; a row without a cause shows none.
SELECT cause, meaning
FROM cause
ORDER BY precedence

-- ## Changes
-- What was added and removed since the baseline: who made it, when, and how that is known; or between which two moments it happened, and why nobody can be named.
SELECT kind, change, name, actor, happened_at, how_known, not_before, not_after, why_unknown, key
FROM change_attributed
ORDER BY kind, change, name, key

-- ## Not compared
-- Kinds that one of the two snapshots did not read completely: nothing is concluded about them.
SELECT kind, table_name
FROM not_compared
ORDER BY kind, table_name

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
