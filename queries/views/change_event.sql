-- ---
-- id  = "views/change_event"
-- doc = "Events between the baseline and this snapshot that make a change of the inventory, by the kind, direction and key of the change. A surer kind of event has the higher weight."
-- ---
WITH
  trail AS (
    SELECT
      e.event_id AS event_id,
      e.event_name AS event,
      e.occurred_at AS occurred_at,
      e.actor AS actor,
      e.account_id AS account_id,
      e.region AS region,
      e.resource AS resource,
      e.target_account_id AS target_account_id,
      e.permission_set_arn AS permission_set_arn,
      e.principal_id AS principal_id,
      e.group_id AS group_id,
      e.user_id AS user_id,
      e.membership_id AS membership_id
    FROM cloudtrail_event AS e
    CROSS JOIN setting AS s
    CROSS JOIN baseline_snapshot AS b
    WHERE e.succeeded = TRUE
      AND e.occurred_at > b.as_of
      AND e.occurred_at <= s.setting_as_of
  ),
  directory AS (
    SELECT DISTINCT
      e.event_id AS event_id,
      e.activity AS event,
      e.occurred_at AS occurred_at,
      e.initiated_by AS actor,
      e.target_id AS target_id,
      e.group_id AS group_id,
      e.user_id AS user_id
    FROM entra_audit_event AS e
    CROSS JOIN setting AS s
    CROSS JOIN baseline_snapshot AS b
    WHERE (e.succeeded IS DISTINCT FROM FALSE)
      AND e.occurred_at > b.as_of
      AND e.occurred_at <= s.setting_as_of
  ),
  organisation AS (
    SELECT
      e.event_id AS event_id,
      e.action AS event,
      e.occurred_at AS occurred_at,
      e.actor AS actor,
      e.user_folded AS user_folded,
      e.team_folded AS team_folded
    FROM github_audit_event AS e
    CROSS JOIN setting AS s
    CROSS JOIN baseline_snapshot AS b
    WHERE e.occurred_at > b.as_of
      AND e.occurred_at <= s.setting_as_of
  ),
  secret_call AS (
    SELECT
      e.event_id AS event_id,
      e.event AS event,
      e.occurred_at AS occurred_at,
      e.actor AS actor,
      k.arn AS arn
    FROM trail AS e
    JOIN (
      SELECT arn FROM aws_secret
      UNION ALL
      SELECT arn FROM baseline_aws_secret
    ) AS k
      ON k.arn = e.resource
    UNION ALL
    SELECT
      e.event_id AS event_id,
      e.event AS event,
      e.occurred_at AS occurred_at,
      e.actor AS actor,
      k.arn AS arn
    FROM trail AS e
    JOIN (
      SELECT arn, name, account_id, region FROM aws_secret
      UNION ALL
      SELECT arn, name, account_id, region FROM baseline_aws_secret
    ) AS k
      ON k.name = e.resource
      AND k.account_id = e.account_id
      AND k.region = e.region
    UNION ALL
    SELECT
      e.event_id AS event_id,
      e.event AS event,
      e.occurred_at AS occurred_at,
      e.actor AS actor,
      k.arn AS arn
    FROM trail AS e
    JOIN (
      SELECT
        arn,
        CONCAT('arn:', split_part(arn, ':', 2), ':secretsmanager:', region, ':', account_id, ':secret:', name) AS partial_arn
      FROM aws_secret
      UNION ALL
      SELECT
        arn,
        CONCAT('arn:', split_part(arn, ':', 2), ':secretsmanager:', region, ':', account_id, ':secret:', name) AS partial_arn
      FROM baseline_aws_secret
    ) AS k
      ON k.partial_arn = e.resource
  ),
  team_member AS (
    SELECT
      t.slug_folded AS slug_folded,
      COALESCE(m.login_folded, e.login_folded) AS login_folded
    FROM baseline_github_team_member AS e
    JOIN baseline_github_team AS t
      ON t.team_key = e.team_key
    LEFT JOIN baseline_github_member AS m
      ON m.member_key = e.member_key
  )
SELECT
  'Account assignment' AS kind,
  'added' AS change,
  CONCAT(c.label, '/', COALESCE(p.name, p.arn), '/', e.principal_id) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
JOIN aws_account AS c
  ON c.account_id = e.target_account_id
JOIN permission_set AS p
  ON p.arn = e.permission_set_arn
WHERE e.event = 'CreateAccountAssignment'
  AND e.principal_id IS NOT NULL
UNION ALL
SELECT
  'Account assignment' AS kind,
  'removed' AS change,
  CONCAT(c.label, '/', COALESCE(p.name, p.arn), '/', e.principal_id) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
JOIN baseline_aws_account AS c
  ON c.account_id = e.target_account_id
JOIN baseline_permission_set AS p
  ON p.arn = e.permission_set_arn
WHERE e.event = 'DeleteAccountAssignment'
  AND e.principal_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center group' AS kind,
  'added' AS change,
  e.group_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event = 'CreateGroup'
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center group' AS kind,
  'removed' AS change,
  e.group_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event = 'DeleteGroup'
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center user' AS kind,
  'added' AS change,
  e.user_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event = 'CreateUser'
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center user' AS kind,
  'removed' AS change,
  e.user_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event = 'DeleteUser'
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  'added' AS change,
  CONCAT(e.group_id, '/', e.user_id) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event IN ('CreateGroupMembership', 'AddMemberToGroup')
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  'removed' AS change,
  CONCAT(e.group_id, '/', e.user_id) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
WHERE e.event IN ('DeleteGroupMembership', 'RemoveMemberFromGroup')
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  'removed' AS change,
  CONCAT(g.group_id, '/', u.user_id) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
JOIN baseline_identity_center_membership AS m
  ON m.membership_id = e.membership_id
JOIN baseline_identity_center_group AS g
  ON g.ic_group_key = m.ic_group_key
JOIN baseline_identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
WHERE e.event = 'DeleteGroupMembership'
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  'removed' AS change,
  CONCAT(m.group_id, '/', m.user_id) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
JOIN baseline_person AS m
  ON m.user_id = e.user_id
WHERE e.event = 'DeleteUser'
UNION ALL
SELECT
  'Identity Center membership' AS kind,
  'removed' AS change,
  CONCAT(m.group_id, '/', m.user_id) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM trail AS e
JOIN baseline_person AS m
  ON m.group_id = e.group_id
WHERE e.event = 'DeleteGroup'
UNION ALL
SELECT
  'Secret' AS kind,
  'added' AS change,
  e.arn AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM secret_call AS e
WHERE e.event = 'CreateSecret'
UNION ALL
SELECT
  'Secret' AS kind,
  'removed' AS change,
  e.arn AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM secret_call AS e
WHERE e.event = 'DeleteSecret'
UNION ALL
SELECT
  'Secret value' AS kind,
  'added' AS change,
  CONCAT(k.arn, '/', v.version_id) AS key,
  CASE WHEN e.event IN ('UpdateSecret', 'RotateSecret') THEN 1 ELSE 2 END AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM secret_call AS e
JOIN aws_secret AS k
  ON k.arn = e.arn
JOIN aws_secret_version AS v
  ON v.secret_key = k.secret_key
WHERE e.event IN ('PutSecretValue', 'RotationSucceeded', 'CreateSecret', 'UpdateSecret', 'RotateSecret')
  AND v.current = TRUE
UNION ALL
SELECT
  'Secret value' AS kind,
  'removed' AS change,
  CONCAT(k.arn, '/', v.version_id) AS key,
  CASE WHEN e.event IN ('UpdateSecret', 'RotateSecret') THEN 1 ELSE 2 END AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM secret_call AS e
JOIN baseline_aws_secret AS k
  ON k.arn = e.arn
JOIN baseline_aws_secret_version AS v
  ON v.secret_key = k.secret_key
WHERE e.event IN ('PutSecretValue', 'RotationSucceeded', 'CreateSecret', 'UpdateSecret', 'RotateSecret')
  AND v.current = TRUE
UNION ALL
SELECT
  'Entra group' AS kind,
  'added' AS change,
  e.group_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event IN ('Add group', 'Restore group')
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Entra group' AS kind,
  'removed' AS change,
  e.group_id AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event IN ('Delete group', 'Hard Delete group')
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Entra group' AS kind,
  'added' AS change,
  e.group_id AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event IN ('Update group')
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Entra group' AS kind,
  'removed' AS change,
  e.group_id AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event IN ('Update group')
  AND e.group_id IS NOT NULL
UNION ALL
SELECT
  'Entra group person' AS kind,
  'added' AS change,
  CONCAT(e.group_id, '/', e.user_id, '/member') AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event = 'Add member to group'
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Entra group person' AS kind,
  'added' AS change,
  CONCAT(e.group_id, '/', e.user_id, '/owner') AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event = 'Add owner to group'
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Entra group person' AS kind,
  'removed' AS change,
  CONCAT(e.group_id, '/', e.user_id, '/member') AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event = 'Remove member from group'
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Entra group person' AS kind,
  'removed' AS change,
  CONCAT(e.group_id, '/', e.user_id, '/owner') AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
WHERE e.event = 'Remove owner from group'
  AND e.group_id IS NOT NULL
  AND e.user_id IS NOT NULL
UNION ALL
SELECT
  'Entra group person' AS kind,
  'removed' AS change,
  CONCAT(p.group_id, '/', p.person_id, '/', p.via) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
JOIN baseline_group_person AS p
  ON p.person_id = COALESCE(e.user_id, e.target_id)
WHERE e.event = 'Delete user'
UNION ALL
SELECT
  'Entra group person' AS kind,
  'removed' AS change,
  CONCAT(p.group_id, '/', p.person_id, '/', p.via) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
JOIN baseline_group_person AS p
  ON p.group_id = e.group_id
WHERE e.event = 'Delete group'
UNION ALL
SELECT
  'Entra credential' AS kind,
  'added' AS change,
  CONCAT(a.application_id, '/', c.key_id) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
JOIN entra_application AS a
  ON a.application_id = e.target_id
JOIN entra_credential AS c
  ON c.application_key = a.application_key
WHERE starts_with(e.event, 'Update application')
UNION ALL
SELECT
  'Entra credential' AS kind,
  'removed' AS change,
  CONCAT(a.application_id, '/', c.key_id) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM directory AS e
JOIN baseline_entra_application AS a
  ON a.application_id = e.target_id
JOIN baseline_entra_credential AS c
  ON c.application_key = a.application_key
WHERE starts_with(e.event, 'Update application')
UNION ALL
SELECT
  'GitHub team' AS kind,
  'added' AS change,
  e.team_folded AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
WHERE e.event IN ('team.create', 'team.rename')
  AND e.team_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team' AS kind,
  'removed' AS change,
  e.team_folded AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
WHERE e.event IN ('team.destroy')
  AND e.team_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team member' AS kind,
  'added' AS change,
  CONCAT(e.team_folded, '/', e.user_folded) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
WHERE e.event = 'team.add_member'
  AND e.team_folded IS NOT NULL
  AND e.user_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team member' AS kind,
  'removed' AS change,
  CONCAT(e.team_folded, '/', e.user_folded) AS key,
  2 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
WHERE e.event = 'team.remove_member'
  AND e.team_folded IS NOT NULL
  AND e.user_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team member' AS kind,
  'removed' AS change,
  CONCAT(m.slug_folded, '/', m.login_folded) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
JOIN team_member AS m
  ON m.login_folded = e.user_folded
WHERE e.event = 'org.remove_member'
  AND m.login_folded IS NOT NULL
UNION ALL
SELECT
  'GitHub team member' AS kind,
  'removed' AS change,
  CONCAT(m.slug_folded, '/', m.login_folded) AS key,
  1 AS weight,
  e.event_id AS event_id,
  e.event AS event,
  e.occurred_at AS occurred_at,
  e.actor AS actor
FROM organisation AS e
JOIN team_member AS m
  ON m.slug_folded = e.team_folded
WHERE e.event = 'team.destroy'
  AND m.login_folded IS NOT NULL
