-- ---
-- id     = "reports/auditor-evidence"
-- title  = "Auditor's evidence"
-- doc    = "The complete population, the rules with their queries, what they found, what was waived, how completely everything was read, and the hashes of all inputs and outputs."
-- charts = ["findings", "secrets", "access"]
-- ---

-- ## Findings
-- Every finding, waived and resolved ones included. Tables that its rule was assessed without are named; what could not be looked for again says what it waits for.
SELECT finding_id, rule, title, severity, status, state, resource, reason, cause, pack, account, person, first_seen, waiver, waived_until, controls, evidence, assessed_without, waits_for
FROM finding
ORDER BY severity_rank, rule, resource, state

-- ## Rules
-- Every rule with its state, population, parameters and query.
SELECT rule, title, severity, state, why, assessed_without, rests_on, findings, undecided, population, population_of, controls, parameters, rationale, remediation, query, query_sha256
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

-- ## Control matrix
-- Every control with what its rules say together. One fault makes it fail; else a rule that could not be decided makes it unknown; it passes only if every rule of it was assessed and passed.
WITH
  weighed AS (
    SELECT
      c.framework AS framework,
      c.control AS control,
      COUNT(*) AS rules,
      COUNT(CASE WHEN r.state = 'pass' THEN 1 END) AS rules_passed,
      COUNT(CASE WHEN r.state = 'fail' THEN 1 END) AS rules_failed,
      COUNT(CASE WHEN r.state = 'unknown' THEN 1 END) AS rules_unknown,
      COUNT(CASE WHEN r.state = 'skipped' THEN 1 END) AS rules_skipped,
      SUM(r.findings) AS findings,
      SUM(r.undecided) AS undecided
    FROM rule_control AS c
    JOIN rule_result AS r
      ON r.rule = c.rule
    GROUP BY c.framework, c.control
  ),
  listed AS (
    SELECT
      place,
      framework,
      version,
      control,
      title
    FROM control
    UNION ALL
    SELECT
      1000000 AS place,
      w.framework AS framework,
      NULL AS version,
      w.control AS control,
      NULL AS title
    FROM weighed AS w
    LEFT JOIN control AS k
      ON k.framework = w.framework
      AND k.control = w.control
    WHERE k.control IS NULL
  )
SELECT
  l.framework AS framework,
  l.version AS version,
  l.control AS control,
  l.title AS title,
  CASE
    WHEN w.rules IS NULL THEN 'not assessed'
    WHEN w.rules_failed > 0 THEN 'fail'
    WHEN w.rules_unknown > 0 THEN 'unknown'
    WHEN w.rules_passed = 0 THEN 'not assessed'
    WHEN w.rules_skipped > 0 THEN 'partly assessed'
    ELSE 'pass'
  END AS state,
  COALESCE(w.rules, 0) AS rules,
  COALESCE(w.rules_passed, 0) AS rules_passed,
  COALESCE(w.rules_failed, 0) AS rules_failed,
  COALESCE(w.rules_unknown, 0) AS rules_unknown,
  COALESCE(w.rules_skipped, 0) AS rules_skipped,
  COALESCE(w.findings, 0) AS findings,
  COALESCE(w.undecided, 0) AS undecided
FROM listed AS l
LEFT JOIN weighed AS w
  ON w.framework = l.framework
  AND w.control = l.control
ORDER BY l.place, l.framework, l.control

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

-- ## AC-2 active accounts
-- Accounts that are not disabled, with the name of the individual where the system knows one: users of Identity Center, members of the GitHub organisation, IAM users with a key that works.
SELECT system, account, individual, address, kind, created_at, last_used_at
FROM (
  SELECT
    'Identity Center' AS system,
    user_name AS account,
    display_name AS individual,
    email AS address,
    COALESCE(email_type, 'type not stated') AS kind,
    created_at AS created_at,
    NULL AS last_used_at
  FROM identity_center_user
  WHERE (status IS DISTINCT FROM 'DISABLED')
  UNION ALL
  SELECT
    'GitHub' AS system,
    login AS account,
    NULL AS individual,
    saml_name_id AS address,
    COALESCE(role, 'role not stated') AS kind,
    NULL AS created_at,
    NULL AS last_used_at
  FROM github_member
  UNION ALL
  SELECT
    'IAM' AS system,
    CONCAT(COALESCE(account_id, ''), '/', COALESCE(user_name, '')) AS account,
    NULL AS individual,
    NULL AS address,
    CONCAT('access key ', COALESCE(CAST(slot AS STRING), '')) AS kind,
    last_rotated_at AS created_at,
    last_used_at AS last_used_at
  FROM aws_access_key
  WHERE (active IS DISTINCT FROM FALSE)
) AS a
ORDER BY system, account, kind, address, individual, created_at

-- ## AC-2 disabled accounts
-- Accounts that are disabled or deleted and that their system still lists, and the user of Identity Center of the same address.
SELECT system, account, individual, condition, ended_at, identity_center_user
FROM (
  SELECT
    'Entra ID' AS system,
    COALESCE(e.user_principal_name, e.user_id) AS account,
    e.display_name AS individual,
    CASE
      WHEN e.deleted_at IS NOT NULL THEN 'deleted'
      WHEN e.account_enabled IS NULL THEN 'not known whether enabled'
      ELSE 'disabled'
    END AS condition,
    COALESCE(e.deleted_at, e.leave_at) AS ended_at,
    u.user_name AS identity_center_user
  FROM entra_user AS e
  LEFT JOIN identity_center_user AS u
    ON u.user_name_folded = e.address_folded
  WHERE e.deleted_at IS NOT NULL
    OR (e.account_enabled IS DISTINCT FROM TRUE)
  UNION ALL
  SELECT
    'Identity Center' AS system,
    user_name AS account,
    display_name AS individual,
    'disabled' AS condition,
    NULL AS ended_at,
    user_name AS identity_center_user
  FROM identity_center_user
  WHERE status = 'DISABLED'
) AS a
ORDER BY system, account, condition, individual, identity_center_user

-- ## AC-2 conditions for membership
-- Groups and teams through which access is given, and what makes somebody a member.
SELECT system, group_name, group_id, condition, description, owners
FROM (
  SELECT
    'Entra ID' AS system,
    g.display_name AS group_name,
    g.group_id AS group_id,
    CASE
      WHEN g.membership_rule IS NOT NULL THEN CONCAT('by the rule ', g.membership_rule)
      WHEN g.on_premises_synced = TRUE THEN 'copied from an on-premises directory'
      ELSE 'added by hand'
    END AS condition,
    g.description AS description,
    COALESCE(o.owners, 0) AS owners
  FROM entra_group AS g
  LEFT JOIN (
    SELECT
      group_key,
      COUNT(*) AS owners
    FROM entra_group_owner
    GROUP BY group_key
  ) AS o
    ON o.group_key = g.group_key
  WHERE (g.prefixed IS DISTINCT FROM FALSE)
  UNION ALL
  SELECT
    'GitHub' AS system,
    slug AS group_name,
    slug AS group_id,
    CASE WHEN parent_slug IS NULL THEN 'members of the team and of its child teams' ELSE CONCAT('members of the team and of its child teams; itself a child of ', parent_slug) END AS condition,
    name AS description,
    NULL AS owners
  FROM github_team
  UNION ALL
  SELECT
    'Identity Center' AS system,
    display_name AS group_name,
    group_id AS group_id,
    CASE
      WHEN prefixed IS NULL THEN 'not known: the group has no name'
      WHEN prefixed = TRUE THEN 'kept like the Entra group of that name by a sync'
      ELSE 'kept by a sync from GitHub, or by hand'
    END AS condition,
    NULL AS description,
    NULL AS owners
  FROM identity_center_group
) AS g
ORDER BY system, group_name, group_id

-- ## AC-2 authorisation records
-- The approvals register as it was sealed.
SELECT line, group_name, group_id, requester, approver, ticket, approved_at, expires_at, accounts, permission_sets
FROM approved_group
ORDER BY line

-- ## AC-2 compliance reviews
-- Campaigns of access review, and whether a record of them was kept.
SELECT campaign, snapshot, state, opened_at, due_at, items, decided, remark
FROM (
  SELECT
    campaign,
    snapshot,
    state,
    opened_at,
    due_at,
    items,
    decided,
    NULL AS remark
  FROM review_campaign
  UNION ALL
  SELECT
    NULL AS campaign,
    NULL AS snapshot,
    NULL AS state,
    NULL AS opened_at,
    NULL AS due_at,
    NULL AS items,
    NULL AS decided,
    statement AS remark
  FROM review_record
  WHERE campaigns = 0
) AS c
ORDER BY opened_at, campaign, remark

-- ## AC-2(3) accounts removed
-- Users of Identity Center that were there at the baseline and are gone, and users whom Entra lists as deleted.
SELECT kind, name, actor, happened_at, how_known, not_before, not_after, why_unknown
FROM (
  SELECT
    kind,
    name,
    key,
    actor,
    happened_at,
    how_known,
    not_before,
    not_after,
    why_unknown
  FROM change_attributed
  WHERE change = 'removed'
    AND kind = 'Identity Center user'
  UNION ALL
  SELECT
    'Entra user' AS kind,
    COALESCE(user_principal_name, user_id) AS name,
    user_id AS key,
    NULL AS actor,
    deleted_at AS happened_at,
    'the list of deleted users of Entra' AS how_known,
    NULL AS not_before,
    NULL AS not_after,
    NULL AS why_unknown
  FROM entra_user
  WHERE deleted_at IS NOT NULL
) AS r
ORDER BY kind, name, key

-- ## AC-6(7) roles and privileges
-- Permission sets, one row for each of their policies, and how often each is assigned.
SELECT
  s.name AS permission_set,
  s.privileged AS privileged,
  s.session_duration AS session_duration,
  p.kind AS policy_kind,
  p.policy AS policy,
  s.inline_policy AS inline_policy,
  s.boundary AS boundary,
  COALESCE(a.assignments, 0) AS assignments,
  s.arn AS arn
FROM permission_set AS s
LEFT JOIN permission_set_policy AS p
  ON p.permission_set_key = s.permission_set_key
LEFT JOIN (
  SELECT
    permission_set_key,
    COUNT(*) AS assignments
  FROM account_assignment
  GROUP BY permission_set_key
) AS a
  ON a.permission_set_key = s.permission_set_key
ORDER BY s.name, s.arn, p.kind, p.policy

-- ## AC-6(7) validation reviews
-- What reviewers decided about privileged access; access of which it is not known whether it is privileged is among it.
SELECT campaign, person, account, permission_set, decision, justification, reviewer, decided_at, outcome, remark
FROM (
  SELECT
    campaign,
    item_id,
    person,
    account,
    permission_set,
    decision,
    justification,
    reviewer,
    decided_at,
    outcome,
    NULL AS remark
  FROM review_decision
  WHERE (privileged IS DISTINCT FROM FALSE)
  UNION ALL
  SELECT
    NULL AS campaign,
    NULL AS item_id,
    NULL AS person,
    NULL AS account,
    NULL AS permission_set,
    NULL AS decision,
    NULL AS justification,
    NULL AS reviewer,
    NULL AS decided_at,
    NULL AS outcome,
    statement AS remark
  FROM review_record
  WHERE decisions = 0
) AS d
ORDER BY campaign, item_id, remark

-- ## AC-6(7) privileges removed
-- Assignments and memberships that were there at the baseline and are gone.
SELECT kind, name, actor, happened_at, how_known, not_before, not_after, why_unknown
FROM change_attributed
WHERE change = 'removed'
  AND kind IN ('Account assignment', 'Entra group person', 'GitHub team member', 'Identity Center membership')
ORDER BY kind, name, key

-- ## IA-5 authenticator types
-- Kinds of credentials by store, with their number and dates; second factors of GitHub as far as they are visible.
SELECT store, kind, credentials, undated, oldest_issued_at, newest_issued_at, first_expires_at
FROM (
  SELECT
    store,
    kind,
    COUNT(*) AS credentials,
    COUNT(CASE WHEN issued_at IS NULL THEN 1 END) AS undated,
    MIN(issued_at) AS oldest_issued_at,
    MAX(issued_at) AS newest_issued_at,
    MIN(expires_at) AS first_expires_at
  FROM credential
  GROUP BY store, kind
  UNION ALL
  SELECT
    'github' AS store,
    kind,
    COUNT(*) AS credentials,
    COUNT(*) AS undated,
    NULL AS oldest_issued_at,
    NULL AS newest_issued_at,
    NULL AS first_expires_at
  FROM (
    SELECT
      CASE
        WHEN two_factor = TRUE THEN 'sign-in with a second factor'
        WHEN two_factor = FALSE THEN 'sign-in without a second factor'
        ELSE 'sign-in, second factor not visible'
      END AS kind
    FROM github_member
  ) AS m
  GROUP BY kind
) AS c
ORDER BY store, kind

-- ## IA-5 change records
-- Credentials, secrets and values of secrets that came or went since the baseline.
SELECT kind, change, name, actor, happened_at, how_known, not_before, not_after, why_unknown
FROM change_attributed
WHERE kind IN ('Entra credential', 'Secret', 'Secret value')
ORDER BY kind, change, name, key

-- ## Review decisions
-- Every decision of every campaign; what is not reviewed is not kept.
SELECT campaign, item_id, person, account, permission_set, privileged, decision, justification, reviewer, decided_at, outcome, imported_file_sha256, remark
FROM (
  SELECT
    campaign,
    item_id,
    person,
    account,
    permission_set,
    privileged,
    decision,
    justification,
    reviewer,
    decided_at,
    outcome,
    imported_file_sha256,
    NULL AS remark
  FROM review_decision
  UNION ALL
  SELECT
    NULL AS campaign,
    NULL AS item_id,
    NULL AS person,
    NULL AS account,
    NULL AS permission_set,
    NULL AS privileged,
    NULL AS decision,
    NULL AS justification,
    NULL AS reviewer,
    NULL AS decided_at,
    NULL AS outcome,
    NULL AS imported_file_sha256,
    statement AS remark
  FROM review_record
  WHERE decisions = 0
) AS d
ORDER BY campaign, item_id, remark

-- ## Coverage
-- How completely every table was read.
SELECT table_name, source, state, reason, source_count, read_count, row_count, excluded_count, excluded, pages, requests, retries, permission_needed, started_at, finished_at, sha256
FROM coverage
ORDER BY table_name

-- ## Request ledger
-- Requests that were sent, by operation; none for a snapshot of exported files. Compare it with the logs of the services.
SELECT source, service, operation, requests, retries, throttled, bytes, first_at, last_at
FROM request_ledger
ORDER BY source, service, operation

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
