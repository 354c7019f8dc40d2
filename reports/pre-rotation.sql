-- ---
-- id     = "reports/pre-rotation"
-- title  = "Before the rotation"
-- doc    = "Whether a credential can be rotated now, why, and who is concerned when it goes wrong. Run it again afterwards: the sheet After says what moved since the earlier snapshot, and what did not."
-- charts = ["secrets"]
-- ---

-- ## Checks
-- One row per question, the most decisive first. A no makes NO-GO, an unknown makes UNKNOWN, info decides nothing.
WITH
  issuer AS (
    SELECT DISTINCT COUNT(CASE WHEN store = 'entra' THEN 1 END) AS applications
    FROM rotation_member
    WHERE role = 'issuer'
  ),
  entry AS (
    SELECT DISTINCT
      MIN(owner) AS owner
    FROM rotation_owner
  ),
  named AS (
    SELECT
      o.owner AS owner,
      u.account_enabled AS account_enabled,
      u.deleted_at AS deleted_at
    FROM rotation_owner AS o
    JOIN entra_user AS u
      ON u.user_principal_name_folded = o.owner_folded
    UNION ALL
    SELECT
      o.owner AS owner,
      u.account_enabled AS account_enabled,
      u.deleted_at AS deleted_at
    FROM rotation_owner AS o
    JOIN entra_user AS u
      ON u.mail_folded = o.owner_folded
  ),
  register AS (
    SELECT DISTINCT COUNT(*) AS unread
    FROM coverage
    WHERE table_name = 'registered_secret'
      AND (state IS DISTINCT FROM 'complete')
  ),
  owner AS (
    SELECT DISTINCT
      COUNT(CASE WHEN u.account_enabled = TRUE AND u.deleted_at IS NULL THEN 1 END) AS able,
      COUNT(CASE WHEN u.user_key IS NULL OR u.account_enabled IS NULL THEN 1 END) AS unsure,
      COUNT(*) AS owners
    FROM entra_application AS a
    JOIN rotation_member AS r
      ON r.secret_folded = a.registered_secret_folded
    JOIN entra_application_owner AS o
      ON o.application_key = a.application_key
    LEFT JOIN entra_user AS u
      ON u.user_key = o.user_key
    WHERE r.role = 'issuer'
  ),
  owner_blind AS (
    SELECT DISTINCT
      COUNT(*) AS tables,
      MIN(table_name) AS first
    FROM coverage
    WHERE table_name IN ('entra_application', 'entra_application_owner', 'entra_user')
      AND (state IS DISTINCT FROM 'complete')
  ),
  user_blind AS (
    SELECT DISTINCT COUNT(*) AS tables
    FROM coverage
    WHERE table_name = 'entra_user'
      AND state IN ('partial', 'denied', 'failed')
  ),
  gone AS (
    SELECT DISTINCT
      COUNT(CASE WHEN account_enabled = FALSE OR deleted_at IS NOT NULL THEN 1 END) AS owners,
      COUNT(CASE WHEN account_enabled IS NULL AND deleted_at IS NULL THEN 1 END) AS unsure,
      MIN(CASE WHEN account_enabled = FALSE OR deleted_at IS NOT NULL THEN owner END) AS first
    FROM named
  ),
  sync AS (
    SELECT DISTINCT
      COUNT(CASE WHEN f.status = 'fail' THEN 1 END) AS stale,
      COUNT(CASE WHEN f.status = 'unknown' THEN 1 END) AS unsure,
      MIN(f.resource) AS first
    FROM finding AS f
    WHERE f.rule = 'evidence/sync-stale'
      AND f.state <> 'resolved'
  ),
  sync_rule AS (
    SELECT DISTINCT
      1 - COUNT(CASE WHEN state IN ('pass', 'fail') AND population > 0 THEN 1 END) AS undecided
    FROM rule_result
    WHERE rule = 'evidence/sync-stale'
  ),
  drift AS (
    SELECT DISTINCT COUNT(*) AS findings
    FROM finding
    WHERE rule IN (
      'entra/group-not-synced', 'entra/synced-group-without-source', 'entra/member-not-synced',
      'entra/membership-without-source', 'entra/access-through-ownership', 'entra/disabled-user-with-access',
      'github/team-not-synced', 'github/synced-group-without-team', 'github/member-not-synced',
      'github/membership-without-source'
    )
      AND severity IN ('critical', 'high')
      AND status = 'fail'
      AND state <> 'resolved'
      AND waiver IS NULL
  ),
  drift_rule AS (
    SELECT DISTINCT
      10 - COUNT(CASE WHEN state IN ('pass', 'fail') THEN 1 END) AS undecided,
      COALESCE(MIN(CASE WHEN state NOT IN ('pass', 'fail') THEN rule END), 'one that is switched off') AS first
    FROM rule_result
    WHERE rule IN (
      'entra/group-not-synced', 'entra/synced-group-without-source', 'entra/member-not-synced',
      'entra/membership-without-source', 'entra/access-through-ownership', 'entra/disabled-user-with-access',
      'github/team-not-synced', 'github/synced-group-without-team', 'github/member-not-synced',
      'github/membership-without-source'
    )
  )
SELECT
  10 AS step,
  'An owner who can rotate' AS question,
  CASE
    WHEN i.applications > 0 AND COALESCE(o.able, 0) > 0 THEN 'yes'
    WHEN i.applications > 0 AND w.tables > 0 THEN 'unknown'
    WHEN i.applications > 0 AND COALESCE(o.unsure, 0) > 0 THEN 'unknown'
    WHEN i.applications > 0 THEN 'no'
    WHEN g.unread > 0 THEN 'unknown'
    WHEN e.owner IS NULL THEN 'no'
    WHEN n.owners > 0 THEN 'no'
    WHEN b.tables > 0 OR n.unsure > 0 THEN 'unknown'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN i.applications > 0 AND COALESCE(o.able, 0) > 0 THEN CONCAT(
      CAST(o.able AS STRING), ' of ', CAST(o.owners AS STRING), ' owners of the application have an enabled account'
    )
    WHEN i.applications > 0 AND w.tables > 0 THEN CONCAT('owners of the application were not read in full: table ', w.first)
    WHEN i.applications > 0 AND COALESCE(o.unsure, 0) > 0 THEN 'whether the owners of the application can still sign in is not known'
    WHEN i.applications > 0 THEN 'no owner of the application has an enabled account'
    WHEN g.unread > 0 THEN 'the secrets register was not read (table registered_secret), so who answers for the secret is not known'
    WHEN e.owner IS NULL THEN 'the secrets register names no owner'
    WHEN n.owners > 0 THEN CONCAT('the registered owner ', n.first, ' is disabled or deleted')
    WHEN b.tables > 0 THEN CONCAT('whether the registered owner ', e.owner, ' can still sign in is not known: table entra_user was not read in full')
    WHEN n.unsure > 0 THEN CONCAT('whether the registered owner ', e.owner, ' can still sign in was not read')
    ELSE CONCAT('the register names ', e.owner)
  END AS reason
FROM issuer AS i
CROSS JOIN owner AS o
CROSS JOIN owner_blind AS w
CROSS JOIN entry AS e
CROSS JOIN gone AS n
CROSS JOIN user_blind AS b
CROSS JOIN register AS g
UNION ALL
SELECT
  11 AS step,
  'Syncs healthy' AS question,
  CASE
    WHEN COALESCE(s.stale, 0) > 0 THEN 'no'
    WHEN y.undecided > 0 OR COALESCE(s.unsure, 0) > 0 THEN 'unknown'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN COALESCE(s.stale, 0) > 0 THEN CONCAT(
      'the sync ', s.first, ' has not succeeded in time: what breaks afterwards could not be told from what is broken now'
    )
    WHEN y.undecided > 0 OR COALESCE(s.unsure, 0) > 0 THEN 'whether the syncs run cannot be told: see rule evidence/sync-stale'
    ELSE 'every configured sync has succeeded in time'
  END AS reason
FROM sync AS s
CROSS JOIN sync_rule AS y
UNION ALL
SELECT
  14 AS step,
  'No serious drift today' AS question,
  CASE
    WHEN d.findings > 0 THEN 'no'
    WHEN y.undecided > 0 THEN 'unknown'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN d.findings > 0 THEN CONCAT(
      CAST(d.findings AS STRING), ' findings of drift are high or critical: drift after the rotation could not be attributed to it'
    )
    WHEN y.undecided > 0 THEN CONCAT(
      CAST(y.undecided AS STRING), ' rules on drift could not be decided, the first is ', y.first
    )
    ELSE 'drift after the rotation can be attributed to it'
  END AS reason
FROM drift AS d
CROSS JOIN drift_rule AS y
ORDER BY step

-- ## Moments
-- Every moment that the chain is judged on, with the table and the event that show it.
SELECT
  'issued' AS link,
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS what,
  c.start_at AS happened_at,
  c.end_at AS ends_at,
  'listed' AS state,
  a.app_id AS place,
  'entra_credential' AS table_name,
  c.key_id AS event
FROM entra_credential AS c
JOIN entra_application AS a
  ON a.application_key = c.application_key
JOIN rotation_member AS r
  ON r.secret_folded = a.registered_secret_folded
UNION ALL
SELECT
  'issued' AS link,
  c.credential AS what,
  c.issued_at AS happened_at,
  c.expires_at AS ends_at,
  CASE WHEN c.said_expired = TRUE THEN 'expired' ELSE 'listed' END AS state,
  c.account AS place,
  CASE c.store WHEN 'iam' THEN 'aws_access_key' WHEN 'auth0' THEN 'auth0_client' ELSE 'github_token' END AS table_name,
  c.credential AS event
FROM credential_elsewhere AS c
JOIN rotation_member AS r
  ON r.secret_folded = c.registered_secret_folded
WHERE c.store IN ('iam', 'auth0')
  OR c.kind = 'token'
UNION ALL
SELECT
  'stored' AS link,
  s.credential AS what,
  COALESCE(s.current_version_created_at, v.created_at) AS happened_at,
  s.deleted_at AS ends_at,
  CASE
    WHEN s.deleted_at IS NOT NULL THEN 'deleted'
    WHEN s.owning_service IS NOT NULL THEN 'owned by a service'
    ELSE 'current'
  END AS state,
  s.arn AS place,
  'aws_secret_version' AS table_name,
  v.version_id AS event
FROM aws_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
LEFT JOIN (
  SELECT
    secret_key,
    MAX(version_id) AS version_id,
    MAX(created_at) AS created_at
  FROM aws_secret_version
  WHERE current = TRUE
  GROUP BY secret_key
) AS v
  ON v.secret_key = s.secret_key
WHERE (s.replica IS DISTINCT FROM TRUE)
UNION ALL
SELECT
  'stored' AS link,
  c.credential AS what,
  c.issued_at AS happened_at,
  c.expires_at AS ends_at,
  'current' AS state,
  c.registered_secret AS place,
  'github_secret' AS table_name,
  c.credential AS event
FROM credential_elsewhere AS c
JOIN rotation_member AS r
  ON r.secret_folded = c.registered_secret_folded
WHERE c.store = 'github'
  AND c.kind = 'secret'
UNION ALL
SELECT
  'not counted' AS link,
  s.credential AS what,
  s.last_changed_at AS happened_at,
  s.deleted_at AS ends_at,
  'anything of it changed, tags included' AS state,
  s.arn AS place,
  'aws_secret' AS table_name,
  'last_changed_at' AS event
FROM aws_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
WHERE (s.replica IS DISTINCT FROM TRUE)
  AND s.last_changed_at IS NOT NULL
UNION ALL
SELECT DISTINCT
  'deployed' AS link,
  c.name AS what,
  t.occurred_at AS happened_at,
  NULL AS ends_at,
  CASE
    WHEN t.succeeded = FALSE THEN 'refused'
    WHEN t.succeeded = TRUE AND t.account_id IS NOT NULL AND t.occurred_at IS NOT NULL THEN 'success'
    ELSE 'not known'
  END AS state,
  CONCAT(COALESCE(t.account_id, ''), '/', COALESCE(t.region, '')) AS place,
  'cloudtrail_event' AS table_name,
  CONCAT(COALESCE(t.event_name, ''), ' ', COALESCE(t.event_id, '')) AS event
FROM deployment AS t
JOIN (
  SELECT DISTINCT
    k.name AS name,
    f.function_folded AS function_folded,
    f.function_account_id AS function_account_id,
    f.function_region AS function_region
  FROM rotation_consumer AS k
  JOIN registered_consumer AS f
    ON f.consumer_folded = k.consumer_folded
  WHERE k.kind = 'any'
) AS c
  ON c.function_folded = t.function_folded
WHERE (c.function_account_id IS NULL OR t.account_id IS NULL OR t.account_id = c.function_account_id)
  AND (c.function_region IS NULL OR t.region IS NULL OR t.region = c.function_region)
UNION ALL
SELECT
  'synced' AS link,
  k.sync AS what,
  k.finished_at AS happened_at,
  NULL AS ends_at,
  k.state AS state,
  k.result AS place,
  'sync_run' AS table_name,
  CONCAT('line ', CAST(k.line AS STRING)) AS event
FROM (
  SELECT
    u.sync AS sync,
    u.finished_at AS finished_at,
    u.result AS result,
    u.line AS line,
    CASE WHEN u.succeeded = TRUE THEN 'success' WHEN u.succeeded = FALSE THEN 'failure' ELSE 'not known' END AS state,
    ROW_NUMBER() OVER (
      PARTITION BY u.sync_folded, u.succeeded
      ORDER BY
        u.finished_at DESC NULLS LAST,
        u.line DESC NULLS LAST
    ) AS place
  FROM sync_run AS u
  JOIN (SELECT DISTINCT name_folded FROM rotation_consumer WHERE kind <> 'connection') AS c
    ON c.name_folded = u.sync_folded
  CROSS JOIN param AS p
  WHERE u.finished_at <= p.as_of
) AS k
WHERE k.place = 1
UNION ALL
SELECT DISTINCT
  'synced' AS link,
  u.sync AS what,
  u.finished_at AS happened_at,
  NULL AS ends_at,
  CASE WHEN u.succeeded = TRUE THEN 'undated' ELSE 'undated, and not known to have succeeded' END AS state,
  u.result AS place,
  'sync_run' AS table_name,
  'finished_at is empty' AS event
FROM sync_run AS u
JOIN (SELECT DISTINCT name_folded FROM rotation_consumer WHERE kind <> 'connection') AS c
  ON c.name_folded = u.sync_folded
WHERE u.finished_at IS NULL
UNION ALL
SELECT
  'signed in' AS link,
  l.connection AS what,
  l.last_at AS happened_at,
  NULL AS ends_at,
  'success' AS state,
  NULL AS place,
  'auth0_log_event' AS table_name,
  's' AS event
FROM (
  SELECT
    e.connection AS connection,
    MAX(e.occurred_at) AS last_at
  FROM auth0_log_event AS e
  JOIN (SELECT DISTINCT name FROM rotation_consumer WHERE kind = 'connection') AS c
    ON c.name = e.connection
  CROSS JOIN param AS p
  WHERE e.event_type = 's'
    AND e.occurred_at <= p.as_of
  GROUP BY e.connection
) AS l
UNION ALL
SELECT
  'issued before' AS link,
  CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS what,
  c.start_at AS happened_at,
  c.end_at AS ends_at,
  'listed' AS state,
  a.app_id AS place,
  'entra_credential' AS table_name,
  c.key_id AS event
FROM baseline_entra_credential AS c
JOIN baseline_entra_application AS a
  ON a.application_key = c.application_key
JOIN rotation_member AS r
  ON r.secret_folded = a.registered_secret_folded
UNION ALL
SELECT
  'stored before' AS link,
  s.credential AS what,
  COALESCE(s.current_version_created_at, v.created_at) AS happened_at,
  s.deleted_at AS ends_at,
  CASE WHEN s.deleted_at IS NOT NULL THEN 'deleted' ELSE 'current' END AS state,
  s.arn AS place,
  'aws_secret_version' AS table_name,
  v.version_id AS event
FROM baseline_aws_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
LEFT JOIN (
  SELECT
    secret_key,
    MAX(version_id) AS version_id,
    MAX(created_at) AS created_at
  FROM baseline_aws_secret_version
  WHERE current = TRUE
  GROUP BY secret_key
) AS v
  ON v.secret_key = s.secret_key
WHERE (s.replica IS DISTINCT FROM TRUE)
ORDER BY
  link,
  what,
  happened_at NULLS LAST,
  state,
  event

-- ## Credentials
-- Every credential of the chain, with the days until its period or its end.
SELECT
  c.credential AS credential,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at,
  f.days AS rotation_days,
  a.age_days AS age_days,
  f.days - a.age_days AS days_until_period,
  x.days_left AS days_until_end,
  r.role AS role,
  c.registered_secret AS registered_secret
FROM credential AS c
JOIN rotation_member AS r
  ON r.secret_folded = c.registered_secret_folded
CROSS JOIN setting AS s
LEFT JOIN secret_policy AS y
  ON y.registered_secret_folded = c.registered_secret_folded
LEFT JOIN period AS f
  ON f.days = COALESCE(
    y.rotation_days,
    CASE WHEN c.store = 'entra' THEN s.secret_entra_rotation_days ELSE s.secret_default_rotation_days END
  )
LEFT JOIN (
  SELECT
    i.credential AS aged,
    MAX(d.days) AS age_days
  FROM credential AS i
  JOIN rotation_member AS r
    ON r.secret_folded = i.registered_secret_folded
  CROSS JOIN period AS d
  WHERE d.cutoff >= i.issued_at
  GROUP BY i.credential
) AS a
  ON a.aged = c.credential
LEFT JOIN (
  SELECT
    i.credential AS ending,
    MAX(d.days) AS days_left
  FROM credential AS i
  JOIN rotation_member AS r
    ON r.secret_folded = i.registered_secret_folded
  CROSS JOIN period AS d
  WHERE d.horizon <= i.expires_at
  GROUP BY i.credential
) AS x
  ON x.ending = c.credential
ORDER BY c.credential, c.issued_at

-- ## Register
-- What the secrets register says: one row per document.
SELECT s.registered_secret AS registered_secret, s.owner AS owner, s.consumer AS consumer, s.rotation_days AS rotation_days, s.document AS document
FROM registered_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
ORDER BY s.registered_secret, s.consumer, s.document, s.rotation_days

-- ## Consumers
-- What uses the secret, as the register says it: a sync, a connection of the broker, or a function; and configured syncs of which no row says what they use.
SELECT DISTINCT
  c.consumer AS consumer,
  CASE
    WHEN c.kind = 'connection' AND k.name IS NOT NULL THEN 'broker connection'
    WHEN c.kind = 'connection' THEN 'broker connection that was not found'
    WHEN y.name IS NOT NULL THEN 'sync'
    WHEN c.kind = 'sync' THEN 'sync that is not configured'
    ELSE 'function'
  END AS role,
  c.name AS name,
  CASE
    WHEN c.kind = 'connection' AND k.strategy = 'waad' THEN 'entra'
    WHEN c.kind = 'connection' AND k.strategy = 'github' THEN 'github'
    WHEN c.kind = 'connection' THEN NULL
    ELSE y.source
  END AS source,
  CASE WHEN c.kind <> 'connection' THEN y.interval_hours END AS interval_hours
FROM rotation_consumer AS c
LEFT JOIN setting_sync AS y
  ON y.name_folded = c.name_folded
LEFT JOIN auth0_connection AS k
  ON k.name = c.name
UNION ALL
SELECT
  y.name AS consumer,
  'sync whose secret is not registered' AS role,
  y.name AS name,
  y.source AS source,
  y.interval_hours AS interval_hours
FROM (
  SELECT
    name,
    name_folded,
    CONCAT('sync/', name_folded) AS marked_folded,
    source,
    interval_hours
  FROM setting_sync
) AS y
LEFT JOIN (SELECT DISTINCT consumer_folded FROM registered_secret) AS a
  ON a.consumer_folded = y.name_folded
LEFT JOIN (SELECT DISTINCT consumer_folded FROM registered_secret) AS b
  ON b.consumer_folded = y.marked_folded
WHERE a.consumer_folded IS NULL
  AND b.consumer_folded IS NULL
ORDER BY
  role,
  consumer

-- ## Who can rotate
-- Owners of the application that issues it, and whom the register names.
SELECT DISTINCT
  COALESCE(u.user_principal_name, o.owner_id, 'somebody whose name was not read') AS who,
  CONCAT('owner of the application ', COALESCE(a.display_name, a.app_id, a.application_id)) AS why,
  CASE
    WHEN u.account_enabled = TRUE AND u.deleted_at IS NULL THEN 'yes'
    WHEN u.user_key IS NULL OR u.account_enabled IS NULL THEN 'unknown'
    ELSE 'no'
  END AS can_sign_in
FROM entra_application AS a
JOIN rotation_member AS r
  ON r.secret_folded = a.registered_secret_folded
JOIN entra_application_owner AS o
  ON o.application_key = a.application_key
LEFT JOIN entra_user AS u
  ON u.user_key = o.user_key
UNION ALL
SELECT DISTINCT
  s.owner AS who,
  'owner in the secrets register' AS why,
  CASE
    WHEN u.account_enabled = FALSE OR u.deleted_at IS NOT NULL THEN 'no'
    WHEN u.account_enabled = TRUE THEN 'yes'
    ELSE 'unknown'
  END AS can_sign_in
FROM rotation_owner AS s
LEFT JOIN (
  SELECT user_principal_name_folded AS name_folded, account_enabled, deleted_at
  FROM entra_user
  UNION ALL
  SELECT mail_folded AS name_folded, account_enabled, deleted_at
  FROM entra_user
  WHERE mail_folded IS DISTINCT FROM user_principal_name_folded
) AS u
  ON u.name_folded = s.owner_folded
ORDER BY
  why,
  who,
  can_sign_in

-- ## On the store
-- Who holds a privileged permission set on the account of the store, and by which source they sign in: those of another source are the fallback. What IAM users with an access key may do there is not read.
SELECT DISTINCT
  e.person AS person,
  CASE
    WHEN e.email_type_folded = s.identity_center_entra_email_type_folded THEN 'entra'
    WHEN e.email_type_folded = s.identity_center_github_email_type_folded THEN 'github'
    ELSE 'not known'
  END AS source,
  a.label AS account,
  e.permission_set AS permission_set,
  a.account_id AS account_id,
  CASE WHEN u.status = 'ENABLED' THEN 'yes' ELSE 'unknown' END AS can_sign_in
FROM effective_access AS e
JOIN aws_account AS a
  ON a.account_key = e.account_key
JOIN (SELECT DISTINCT account_id FROM rotation_member WHERE account_id IS NOT NULL) AS r
  ON r.account_id = a.account_id
JOIN identity_center_user AS u
  ON u.user_name_folded = e.person_folded
CROSS JOIN setting AS s
WHERE e.privileged = TRUE
  AND (u.status IS DISTINCT FROM 'DISABLED')
UNION ALL
SELECT DISTINCT
  CONCAT('IAM user ', k.user_name) AS person,
  'iam' AS source,
  k.account_id AS account,
  'access key' AS permission_set,
  k.account_id AS account_id,
  'unknown' AS can_sign_in
FROM aws_access_key AS k
JOIN (SELECT DISTINCT account_id FROM rotation_member WHERE account_id IS NOT NULL) AS r
  ON r.account_id = k.account_id
WHERE k.active = TRUE
ORDER BY
  source,
  person,
  account,
  permission_set

-- ## Blast radius
-- Whom each source brings into Identity Center, and what they reach. If its sync fails they stop being reconciled; if the broker's credential for it fails they cannot sign in. Another way in is a login of the other source.
WITH
  bound AS (
    SELECT
      u.ic_user_key AS ic_user_key,
      CASE
        WHEN u.email_type_folded = s.identity_center_entra_email_type_folded THEN 'entra'
        WHEN u.email_type_folded = s.identity_center_github_email_type_folded THEN 'github'
        ELSE 'not known'
      END AS source,
      u.user_name_folded AS user_name_folded
    FROM identity_center_user AS u
    CROSS JOIN setting AS s
  ),
  linked AS (
    SELECT DISTINCT
      e.other AS one_folded,
      g.other AS other_folded
    FROM same_person AS k
    JOIN same_person AS e
      ON e.one = k.one
    JOIN same_person AS g
      ON g.one = k.other
    WHERE k.kinds = 'entra and github'
      AND e.kinds = 'entra and identity center'
      AND g.kinds = 'github and identity center'
  ),
  both_ways AS (
    SELECT DISTINCT one_folded AS user_name_folded FROM linked
    UNION ALL
    SELECT DISTINCT other_folded AS user_name_folded FROM linked
  ),
  held AS (
    SELECT
      ic_user_key,
      COUNT(*) AS memberships
    FROM identity_center_membership
    WHERE ic_user_key IS NOT NULL
    GROUP BY ic_user_key
  ),
  privileged AS (
    SELECT DISTINCT person_folded
    FROM effective_access
    WHERE privileged = TRUE
  ),
  privileged_production AS (
    SELECT DISTINCT person_folded
    FROM effective_access
    WHERE privileged = TRUE
      AND production = TRUE
  ),
  in_group AS (
    SELECT DISTINCT
      b.source AS source,
      m.ic_group_key AS ic_group_key
    FROM bound AS b
    JOIN identity_center_membership AS m
      ON m.ic_user_key = b.ic_user_key
    WHERE m.ic_group_key IS NOT NULL
  ),
  of_group AS (
    SELECT
      source,
      COUNT(*) AS group_count
    FROM in_group
    GROUP BY source
  ),
  reached AS (
    SELECT
      i.source AS source,
      a.account AS account,
      a.production AS production
    FROM in_group AS i
    JOIN group_assignment AS a
      ON a.ic_group_key = i.ic_group_key
    UNION ALL
    SELECT
      b.source AS source,
      a.account AS account,
      a.production AS production
    FROM bound AS b
    JOIN assignment AS a
      ON a.ic_user_key = b.ic_user_key
  ),
  of_account AS (
    SELECT
      source,
      COUNT(*) AS accounts,
      COUNT(CASE WHEN production = TRUE THEN 1 END) AS production_accounts
    FROM (SELECT DISTINCT source, account, production FROM reached) AS once
    GROUP BY source
  )
SELECT
  b.source AS source,
  COUNT(*) AS users,
  SUM(COALESCE(h.memberships, 0)) AS memberships,
  COUNT(p.person_folded) AS privileged_users,
  COUNT(w.user_name_folded) AS users_with_another_way_in,
  COUNT(q.person_folded) AS privileged_on_production,
  COUNT(CASE WHEN p.person_folded IS NOT NULL AND w.user_name_folded IS NULL THEN 1 END) AS privileged_without_another_way_in,
  MAX(COALESCE(g.group_count, 0)) AS groups_reached,
  MAX(COALESCE(c.accounts, 0)) AS accounts,
  MAX(COALESCE(c.production_accounts, 0)) AS production_accounts
FROM bound AS b
LEFT JOIN held AS h
  ON h.ic_user_key = b.ic_user_key
LEFT JOIN privileged AS p
  ON p.person_folded = b.user_name_folded
LEFT JOIN privileged_production AS q
  ON q.person_folded = b.user_name_folded
LEFT JOIN (SELECT DISTINCT user_name_folded FROM both_ways) AS w
  ON w.user_name_folded = b.user_name_folded
LEFT JOIN of_group AS g
  ON g.source = b.source
LEFT JOIN of_account AS c
  ON c.source = b.source
GROUP BY b.source
ORDER BY source

-- ## Stability
-- Counts now and in the baseline: after a rotation they should not have moved much.
SELECT 'Identity Center users' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_user) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_user) AS b
UNION ALL
SELECT 'Identity Center groups' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_group) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_group) AS b
UNION ALL
SELECT 'Identity Center memberships' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_membership) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_membership) AS b
UNION ALL
SELECT 'Account assignments' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM account_assignment) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_account_assignment) AS b
ORDER BY what

-- ## Moved
-- Users, groups, memberships and assignments of Identity Center that came or went since the baseline. What was not read completely in both snapshots is left out.
SELECT kind, change, name, key
FROM change
WHERE kind IN ('Identity Center user', 'Identity Center group', 'Identity Center membership', 'Account assignment')
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
