-- ---
-- id = "reports/access-review"
-- title = "Access review"
-- doc = "Who can reach which AWS account with which permission set, and by what path. Privileged access comes first. A blank decision means not reviewed, never Keep."
-- split_by = "application_owner"
-- in_every_part = ["Not read"]
-- charts = ["access", "findings"]
-- ---

-- ## Review
-- One row per person, account, permission set and path. Decide in the yellow columns: Keep, Remove, Change or Don't know.
SELECT
  e.severity AS severity,
  e.person AS person,
  CASE WHEN e.display_name = e.person THEN NULL ELSE e.display_name END AS display_name,
  e.account AS account,
  c.account_id AS account_id,
  e.permission_set AS permission_set,
  e.path AS path,
  CASE
    WHEN e.email_type_folded = s.identity_center_entra_email_type_folded THEN 'Entra'
    WHEN e.email_type_folded = s.identity_center_github_email_type_folded THEN 'GitHub'
    ELSE 'not known'
  END AS source,
  e.since AS since,
  e.group_created_at AS group_created,
  CASE
    WHEN x.baselines = 0 THEN NULL
    WHEN x.before_tables > 0 OR e.person_folded IS NULL THEN 'not known'
    WHEN b.person_folded IS NULL THEN 'new'
    ELSE 'as before'
  END AS since_last_review,
  r.last_used AS last_used_by_anybody,
  d.owner AS application_owner,
  f.rules AS findings_on_access,
  h.rules AS findings_on_person,
  NULL AS decision,
  NULL AS reviewer,
  NULL AS decision_date,
  NULL AS decision_reason
FROM effective_access AS e
CROSS JOIN setting AS s
CROSS JOIN access_incomplete AS x
LEFT JOIN (
  SELECT DISTINCT person_folded, account, permission_set
  FROM baseline_effective_access
) AS b
  ON b.person_folded = e.person_folded
  AND b.account = e.account
  AND b.permission_set = e.permission_set
LEFT JOIN aws_account AS c
  ON c.account_key = e.account_key
LEFT JOIN (
  SELECT
    account_key,
    MIN(owner) AS owner
  FROM declared_account
  WHERE account_key IS NOT NULL
  GROUP BY account_key
) AS d
  ON d.account_key = e.account_key
LEFT JOIN (
  SELECT
    account_key,
    permission_set_folded,
    MAX(last_used_at) AS last_used
  FROM aws_role_last_used
  WHERE account_key IS NOT NULL
    AND permission_set_folded IS NOT NULL
  GROUP BY account_key, permission_set_folded
) AS r
  ON r.account_key = e.account_key
  AND r.permission_set_folded = e.permission_set_folded
LEFT JOIN finding_on AS f
  ON f.resource = CONCAT(e.account, '/', e.permission_set, '/', COALESCE(e.group_name, e.person, ''))
LEFT JOIN finding_about AS h
  ON h.person_folded = e.person_folded
ORDER BY
  CASE WHEN e.privileged = TRUE THEN 0 ELSE 1 END,
  CASE e.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END,
  e.account,
  e.permission_set,
  e.person,
  e.path,
  e.since

-- ## Changes
-- Access that was added or removed since the baseline: what is not known is said. What was not read completely at one of the two moments is said to be perhaps there.
SELECT
  g.change AS change,
  g.severity AS severity,
  g.person AS person,
  g.account AS account,
  g.permission_set AS permission_set,
  g.paths AS paths
FROM (
  SELECT
    CASE
      WHEN e.person_folded IS NULL THEN 'not known: the user has no name'
      WHEN x.before_tables > 0 THEN 'added, or not read then'
      ELSE 'added'
    END AS change,
    MIN(e.severity) AS severity,
    MIN(e.person) AS person,
    e.person_folded AS person_folded,
    e.account AS account,
    e.permission_set AS permission_set,
    COUNT(*) AS paths
  FROM effective_access AS e
  CROSS JOIN access_incomplete AS x
  LEFT JOIN (
    SELECT DISTINCT person_folded, account, permission_set
    FROM baseline_effective_access
  ) AS b
    ON b.person_folded = e.person_folded
    AND b.account = e.account
    AND b.permission_set = e.permission_set
  WHERE x.baselines > 0
    AND b.person_folded IS NULL
  GROUP BY x.before_tables, e.person_folded, e.account, e.permission_set
  UNION ALL
  SELECT
    CASE WHEN y.now_tables > 0 THEN 'removed, or not read now' ELSE 'removed' END AS change,
    NULL AS severity,
    b.person_folded AS person,
    b.person_folded AS person_folded,
    b.account AS account,
    b.permission_set AS permission_set,
    NULL AS paths
  FROM (
    SELECT DISTINCT person_folded, account, permission_set
    FROM baseline_effective_access
  ) AS b
  CROSS JOIN access_incomplete AS y
  LEFT JOIN (
    SELECT DISTINCT person_folded, account, permission_set
    FROM effective_access
  ) AS e
    ON e.person_folded = b.person_folded
    AND e.account = b.account
    AND e.permission_set = b.permission_set
  WHERE b.person_folded IS NOT NULL
    AND e.person_folded IS NULL
  UNION ALL
  SELECT
    'not known: there is no earlier snapshot' AS change,
    NULL AS severity,
    NULL AS person,
    NULL AS person_folded,
    NULL AS account,
    NULL AS permission_set,
    NULL AS paths
  FROM access_incomplete
  WHERE baselines = 0
) AS g
ORDER BY
  CASE g.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END,
  g.change,
  g.account,
  g.permission_set,
  g.person_folded,
  g.person

-- ## Findings
-- What the rules found about people and access.
SELECT severity, rule, resource, reason, status, state, first_seen, waiver
FROM finding
WHERE state <> 'resolved'
ORDER BY severity_rank, rule, resource

-- ## Not read
-- Tables that were not read completely: the review does not show what they hold.
SELECT table_name, source, state, reason, row_count
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY state, table_name
