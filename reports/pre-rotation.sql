-- ---
-- id     = "reports/pre-rotation"
-- title  = "Before the rotation"
-- doc    = "Whether a credential can be rotated now, why, and who is concerned when it goes wrong. Run it again afterwards: the sheet After says what moved since the earlier snapshot, and what did not."
-- charts = ["secrets"]
-- ---

-- ## Moments
-- Every moment that the chain is judged on, with the table and the event that show it.
SELECT link, what, happened_at, ends_at, state, place, table_name, event
FROM rotation_moment
ORDER BY
  link,
  what,
  happened_at NULLS LAST,
  state,
  event

-- ## Credentials
-- Every credential of the chain, with the days until its period or its end.
SELECT credential, kind, issued_at, expires_at, rotation_days, age_days, days_until_period, days_until_end, role, registered_secret
FROM rotation_credential
ORDER BY credential, issued_at

-- ## Register
-- What the secrets register says: one row per document.
SELECT s.registered_secret AS registered_secret, s.owner AS owner, s.consumer AS consumer, s.rotation_days AS rotation_days, s.document AS document
FROM registered_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
ORDER BY s.registered_secret, s.consumer, s.document, s.rotation_days

-- ## Consumers
-- What uses the secret, as the register says it: a sync, a connection of the broker, or a function; and configured syncs of which no row says what they use.
SELECT consumer, role, name, source, interval_hours
FROM rotation_dependent
ORDER BY
  role,
  consumer

-- ## Who can rotate
-- Owners of the application that issues it, and whom the register names.
SELECT who, why, can_sign_in
FROM rotation_rotator
ORDER BY
  why,
  who,
  can_sign_in

-- ## On the store
-- Who holds a privileged permission set on the account of the store, and by which source they sign in: those of another source are the fallback. What IAM users with an access key may do there is not read.
SELECT person, source, account, permission_set, account_id, can_sign_in
FROM rotation_holder
ORDER BY
  source,
  person,
  account,
  permission_set

-- ## Blast radius
-- Whom each source brings into Identity Center, and what they reach. If its sync fails they stop being reconciled; if the broker's credential for it fails they cannot sign in. Another way in is a login of the other source.
SELECT source, users, memberships, privileged_users, users_with_another_way_in, privileged_on_production, privileged_without_another_way_in, groups_reached, accounts, production_accounts
FROM rotation_reach
ORDER BY source

-- ## Stability
-- Counts now and in the baseline: after a rotation they should not have moved much.
SELECT what, rows_now, rows_then
FROM rotation_count
ORDER BY what

-- ## Moved
-- Users, groups, memberships and assignments of Identity Center that came or went since the baseline. What was not read completely in both snapshots is left out.
SELECT kind, change, name, key
FROM rotation_moved
ORDER BY kind, change, name, key

-- ## Findings
-- What the rules found about the secrets of the chain, and about drift and syncs.
SELECT f.severity AS severity, f.rule AS rule, f.resource AS resource, f.reason AS reason, f.status AS status, f.state AS state, f.waiver AS waiver
FROM finding AS f
LEFT JOIN (
  SELECT DISTINCT c.credential AS name
  FROM credential AS c
  JOIN rotation_member AS r
    ON r.secret_folded = c.registered_secret_folded
) AS of_credential
  ON of_credential.name = f.resource
LEFT JOIN (SELECT DISTINCT secret AS name FROM rotation_member) AS of_secret
  ON of_secret.name = f.resource
LEFT JOIN (
  SELECT DISTINCT COALESCE(a.display_name, a.app_id, a.application_id) AS name
  FROM entra_application AS a
  JOIN rotation_member AS r
    ON r.secret_folded = a.registered_secret_folded
) AS of_application
  ON of_application.name = f.resource
WHERE f.state <> 'resolved'
  AND (
    of_credential.name IS NOT NULL
    OR of_secret.name IS NOT NULL
    OR (of_application.name IS NOT NULL AND starts_with(f.rule, 'secret/'))
    OR f.rule = 'evidence/sync-stale'
    OR (f.rule IN (
      'entra/group-not-synced', 'entra/synced-group-without-source', 'entra/member-not-synced',
      'entra/membership-without-source', 'entra/access-through-ownership', 'entra/disabled-user-with-access',
      'github/team-not-synced', 'github/synced-group-without-team', 'github/member-not-synced',
      'github/membership-without-source'
    ) AND f.severity IN ('critical', 'high'))
  )
ORDER BY f.severity_rank, f.rule, f.resource

-- ## Not read
-- Tables that were not read completely.
SELECT table_name, source, state, reason, permission_needed
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY state, table_name
