-- ---
-- id     = "reports/pre-rotation"
-- title  = "Before the rotation"
-- doc    = "Whether a credential can be rotated now, why, and who is concerned when it goes wrong. Run it again afterwards: the sheet Stability compares with the earlier snapshot."
-- charts = ["secrets"]
-- ---

-- ## Checks
-- One row per question. A no makes NO-GO, an unknown makes UNKNOWN, info decides nothing.
WITH
  unread AS (
    SELECT table_name
    FROM coverage
    WHERE (state IS DISTINCT FROM 'complete')
  ),
  store_table AS (
    SELECT 'secretsmanager' AS store, 'aws_secret' AS table_name
    UNION ALL
    SELECT 'secretsmanager' AS store, 'aws_secret_version' AS table_name
    UNION ALL
    SELECT 'entra' AS store, 'entra_application' AS table_name
    UNION ALL
    SELECT 'entra' AS store, 'entra_credential' AS table_name
    UNION ALL
    SELECT 'github' AS store, 'github_secret' AS table_name
    UNION ALL
    SELECT 'auth0' AS store, 'auth0_client' AS table_name
    UNION ALL
    SELECT 'iam' AS store, 'aws_access_key' AS table_name
  ),
  blind AS (
    SELECT DISTINCT COUNT(*) AS tables
    FROM store_table AS t
    JOIN rotation AS r
      ON r.store = t.store
    JOIN unread AS u
      ON u.table_name = t.table_name
  ),
  live AS (
    SELECT DISTINCT
      COUNT(*) AS credentials,
      COUNT(CASE WHEN c.dated = TRUE AND c.issued_at IS NULL THEN 1 END) AS undated,
      COUNT(CASE WHEN c.dated = FALSE THEN 1 END) AS dateless
    FROM credential AS c
    JOIN rotation AS r
      ON r.secret_folded = c.registered_secret_folded
    CROSS JOIN param AS p
    WHERE c.said_expired = FALSE
      AND NOT COALESCE(c.expires_at < p.as_of, FALSE)
  ),
  expired AS (
    SELECT DISTINCT COUNT(*) AS credentials
    FROM credential AS c
    JOIN rotation AS r
      ON r.secret_folded = c.registered_secret_folded
    CROSS JOIN param AS p
    WHERE c.said_expired = TRUE
      OR c.expires_at < p.as_of
  ),
  entry AS (
    SELECT DISTINCT
      COUNT(*) AS documents,
      MIN(s.owner) AS owner,
      MIN(s.consumer) AS consumer
    FROM registered_secret AS s
    JOIN rotation AS r
      ON r.secret_folded = s.registered_secret_folded
  ),
  register AS (
    SELECT DISTINCT COUNT(*) AS unread
    FROM unread
    WHERE table_name = 'registered_secret'
  ),
  owner AS (
    SELECT DISTINCT
      COUNT(CASE WHEN u.account_enabled = TRUE AND u.deleted_at IS NULL THEN 1 END) AS able,
      COUNT(CASE WHEN u.user_key IS NULL OR u.account_enabled IS NULL THEN 1 END) AS unsure,
      COUNT(*) AS owners
    FROM entra_application AS a
    JOIN rotation AS r
      ON r.secret_folded = a.registered_secret_folded
    JOIN entra_application_owner AS o
      ON o.application_key = a.application_key
    LEFT JOIN entra_user AS u
      ON u.user_key = o.user_key
  ),
  owner_blind AS (
    SELECT DISTINCT COUNT(*) AS tables
    FROM unread
    WHERE table_name IN ('entra_application', 'entra_application_owner', 'entra_user')
  ),
  gone AS (
    SELECT DISTINCT COUNT(*) AS owners
    FROM registered_secret AS s
    JOIN rotation AS r
      ON r.secret_folded = s.registered_secret_folded
    JOIN entra_user AS u
      ON u.user_principal_name = s.owner
    WHERE u.account_enabled = FALSE
      OR u.deleted_at IS NOT NULL
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
      COUNT(*) AS undecided
    FROM rule_result
    WHERE rule = 'evidence/sync-stale'
      AND (state IN ('unknown', 'skipped') OR COALESCE(population, 0) = 0)
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
      COUNT(*) AS undecided,
      MIN(rule) AS first
    FROM rule_result
    WHERE rule IN (
      'entra/group-not-synced', 'entra/synced-group-without-source', 'entra/member-not-synced',
      'entra/membership-without-source', 'entra/access-through-ownership', 'entra/disabled-user-with-access',
      'github/team-not-synced', 'github/synced-group-without-team', 'github/member-not-synced',
      'github/membership-without-source'
    )
      AND state IN ('unknown', 'skipped')
  ),
  deployed AS (
    SELECT DISTINCT COUNT(*) AS events
    FROM cloudtrail_event AS t
    CROSS JOIN entry AS e
    WHERE t.resource = e.consumer
      AND t.error_code IS NULL
      AND split_part(t.event_name, '2', 1) IN ('UpdateFunctionConfiguration', 'UpdateFunctionCode')
  ),
  stale_deployment AS (
    SELECT DISTINCT COUNT(*) AS credentials
    FROM credential AS c
    JOIN rotation AS r
      ON r.secret_folded = c.registered_secret_folded
    CROSS JOIN entry AS e
    CROSS JOIN (
      SELECT DISTINCT MAX(t.occurred_at) AS last_at
      FROM cloudtrail_event AS t
      CROSS JOIN entry AS e
      WHERE t.resource = e.consumer
        AND t.error_code IS NULL
        AND split_part(t.event_name, '2', 1) IN ('UpdateFunctionConfiguration', 'UpdateFunctionCode')
    ) AS d
    WHERE c.store = 'secretsmanager'
      AND d.last_at < c.issued_at
  )
SELECT
  1 AS step,
  'A live credential' AS question,
  CASE
    WHEN b.tables > 0 THEN 'unknown'
    WHEN l.credentials = 0 THEN 'no'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN b.tables > 0 THEN 'the store was not read in full, so how many credentials are live cannot be told'
    WHEN l.credentials = 0 AND x.credentials > 0 THEN CONCAT(
      CAST(x.credentials AS STRING), ' expired and none is live: what uses the secret has stopped working'
    )
    WHEN l.credentials = 0 THEN 'the store holds no live credential of that name'
    WHEN l.credentials = 1 THEN 'one credential is live'
    ELSE CONCAT(CAST(l.credentials AS STRING), ' credentials are live: a rotation is under way or was not finished')
  END AS reason
FROM rotation AS r
CROSS JOIN blind AS b
CROSS JOIN live AS l
CROSS JOIN expired AS x
UNION ALL
SELECT
  2 AS step,
  'Age known' AS question,
  CASE
    WHEN b.tables > 0 THEN 'unknown'
    WHEN l.undated > 0 THEN 'unknown'
    WHEN l.dateless > 0 THEN 'info'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN b.tables > 0 THEN 'the store was not read in full'
    WHEN l.undated > 0 THEN 'when the credential was issued is not known'
    WHEN l.dateless > 0 THEN 'the store gives no dates for this kind of credential'
    ELSE 'the sheet Credentials has the dates and the days that are left'
  END AS reason
FROM rotation AS r
CROSS JOIN blind AS b
CROSS JOIN live AS l
UNION ALL
SELECT
  3 AS step,
  'An owner who can rotate' AS question,
  CASE
    WHEN r.store = 'entra' AND w.tables > 0 AND COALESCE(o.able, 0) = 0 THEN 'unknown'
    WHEN r.store = 'entra' AND COALESCE(o.able, 0) > 0 THEN 'yes'
    WHEN r.store = 'entra' AND COALESCE(o.unsure, 0) > 0 THEN 'unknown'
    WHEN r.store = 'entra' THEN 'no'
    WHEN g.unread > 0 THEN 'unknown'
    WHEN e.owner IS NULL THEN 'no'
    WHEN n.owners > 0 THEN 'no'
    ELSE 'yes'
  END AS answer,
  CASE
    WHEN r.store = 'entra' AND w.tables > 0 AND COALESCE(o.able, 0) = 0 THEN 'owners of the application were not read in full'
    WHEN r.store = 'entra' AND COALESCE(o.able, 0) > 0 THEN CONCAT(
      CAST(o.able AS STRING), ' of ', CAST(o.owners AS STRING), ' owners of the application have an enabled account'
    )
    WHEN r.store = 'entra' AND COALESCE(o.unsure, 0) > 0 THEN 'whether the owners of the application can still sign in is not known'
    WHEN r.store = 'entra' THEN 'no owner of the application has an enabled account'
    WHEN g.unread > 0 THEN 'the secrets register was not read, so who answers for the secret is not known'
    WHEN e.owner IS NULL THEN 'the secrets register names no owner'
    WHEN n.owners > 0 THEN CONCAT('the registered owner ', e.owner, ' is disabled or deleted')
    ELSE CONCAT('the register names ', e.owner)
  END AS reason
FROM rotation AS r
CROSS JOIN owner AS o
CROSS JOIN owner_blind AS w
CROSS JOIN entry AS e
CROSS JOIN gone AS n
CROSS JOIN register AS g
UNION ALL
SELECT
  4 AS step,
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
  5 AS step,
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
UNION ALL
SELECT
  6 AS step,
  'Consumer deployed since' AS question,
  CASE
    WHEN v.credentials > 0 THEN 'no'
    WHEN t.events > 0 THEN 'yes'
    ELSE 'info'
  END AS answer,
  CASE
    WHEN v.credentials > 0 THEN CONCAT(e.consumer, ' was last deployed before the stored value changed: it still uses the old one')
    WHEN t.events > 0 THEN CONCAT(e.consumer, ' was deployed after the stored value changed')
    WHEN e.consumer IS NULL THEN 'the register names no consumer'
    ELSE CONCAT('no deployment of ', e.consumer, ' is in the CloudTrail events that were read')
  END AS reason
FROM entry AS e
CROSS JOIN deployed AS t
CROSS JOIN stale_deployment AS v
ORDER BY step

-- ## Credentials
-- Every credential of the secret, with the days until its period or its end.
SELECT
  c.credential AS credential,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at,
  f.days AS rotation_days,
  a.age_days AS age_days,
  f.days - a.age_days AS days_until_period,
  x.days_left AS days_until_end
FROM credential AS c
JOIN rotation AS r
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
  JOIN rotation AS r
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
  JOIN rotation AS r
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
JOIN rotation AS r
  ON r.secret_folded = s.registered_secret_folded
ORDER BY s.registered_secret, s.document, s.rotation_days

-- ## Blast radius
-- Whom each source brings into Identity Center. If its sync fails they stop being reconciled; if the broker's credential for it fails they cannot sign in. The last column counts those with a login of the other source.
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
  )
SELECT
  b.source AS source,
  COUNT(*) AS users,
  SUM(COALESCE(h.memberships, 0)) AS memberships,
  COUNT(p.person_folded) AS privileged_users,
  COUNT(w.user_name_folded) AS users_with_another_way_in
FROM bound AS b
LEFT JOIN held AS h
  ON h.ic_user_key = b.ic_user_key
LEFT JOIN privileged AS p
  ON p.person_folded = b.user_name_folded
LEFT JOIN (SELECT DISTINCT user_name_folded FROM both_ways) AS w
  ON w.user_name_folded = b.user_name_folded
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

-- ## Findings
-- What the rules found about the secret, and about drift and syncs.
SELECT f.severity AS severity, f.rule AS rule, f.resource AS resource, f.reason AS reason, f.status AS status, f.state AS state, f.waiver AS waiver
FROM finding AS f
CROSS JOIN rotation AS r
LEFT JOIN (
  SELECT DISTINCT c.credential AS credential
  FROM credential AS c
  JOIN rotation AS r
    ON r.secret_folded = c.registered_secret_folded
) AS c
  ON c.credential = f.resource
WHERE f.state <> 'resolved'
  AND (
    c.credential IS NOT NULL
    OR f.resource = r.secret
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
SELECT table_name, source, state, reason
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY state, table_name
