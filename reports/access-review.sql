-- ---
-- id    = "reports/access-review"
-- title = "Access review"
-- doc   = "Who can reach which AWS account with which permission set, and by what path. Privileged access comes first. A blank decision means not reviewed, never Keep."
-- ---

-- ## Review
-- One row per person, account, permission set and path.
SELECT
  e.severity AS severity,
  e.person AS person,
  e.display_name AS display_name,
  e.account AS account,
  c.account_id AS account_id,
  e.permission_set AS permission_set,
  e.path AS path,
  CASE
    WHEN u.email_type_folded = s.identity_center_entra_email_type_folded THEN 'Entra'
    WHEN u.email_type_folded = s.identity_center_github_email_type_folded THEN 'GitHub'
    ELSE 'not known'
  END AS source,
  e.since AS since,
  d.owner AS application_owner,
  f.related AS related_findings,
  NULL AS decision,
  NULL AS reviewer,
  NULL AS decision_date,
  NULL AS decision_reason
FROM effective_access AS e
CROSS JOIN setting AS s
LEFT JOIN (
  SELECT
    user_name_folded,
    MIN(email_type_folded) AS email_type_folded
  FROM identity_center_user
  GROUP BY user_name_folded
) AS u
  ON u.user_name_folded = e.person_folded
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
    resource,
    MIN(rule) AS related
  FROM finding
  WHERE rule = 'access/assigned-not-declared'
    AND state <> 'resolved'
  GROUP BY resource
) AS f
  ON f.resource = CONCAT(e.account, '/', e.permission_set, '/', COALESCE(e.group_name, ''))
ORDER BY
  CASE e.severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 ELSE 2 END,
  e.account,
  e.permission_set,
  e.person,
  e.path,
  e.since

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
