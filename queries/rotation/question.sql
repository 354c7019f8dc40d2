-- ---
-- id  = "rotation/question"
-- doc = "The questions that are asked of the whole snapshot before a rotation, with the answer, why, and what to do about a no or an unknown. Tables that an answer rests on stand in the order in which they are looked at."
-- ---
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
  ),
  asked AS (
    SELECT
      10 AS weight,
      'owner' AS code,
      'An owner who can rotate' AS question,
      'add an owner who can sign in, and name one in the secrets register' AS if_no,
      CAST(NULL AS STRING) AS if_unknown,
      'entra_application, entra_application_owner, entra_user, registered_secret' AS rests_on,
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
      11 AS weight,
      'syncs' AS code,
      'Syncs healthy' AS question,
      'mend the sync first: read its log for the last line that says it completed' AS if_no,
      'name every sync under [sync.NAME] and its runs in the register of sync runs' AS if_unknown,
      'sync_run' AS rests_on,
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
      14 AS weight,
      'drift' AS code,
      'No serious drift today' AS question,
      'mend or waive them first, or accept that drift after the rotation says nothing of it' AS if_no,
      'countersign check says which tables these rules lack; make them readable and take a new snapshot' AS if_unknown,
      CAST(NULL AS STRING) AS rests_on,
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
  )
SELECT
  weight,
  code,
  question,
  answer,
  reason,
  CASE answer WHEN 'no' THEN if_no WHEN 'unknown' THEN if_unknown END AS remedy,
  rests_on
FROM asked
