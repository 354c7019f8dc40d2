-- ---
-- id  = "rotation/moment"
-- doc = "Every moment that the chain of a secret is judged on, with the table and the event that show it: moment and outcome are codes, link and state the words for them."
-- ---
SELECT
  m.moment AS moment,
  CASE m.moment
    WHEN 'touched' THEN 'not counted'
    WHEN 'signed_in' THEN 'signed in'
    WHEN 'issued_before' THEN 'issued before'
    WHEN 'stored_before' THEN 'stored before'
    ELSE m.moment
  END AS link,
  m.what AS what,
  m.happened_at AS happened_at,
  m.ends_at AS ends_at,
  m.outcome AS outcome,
  CASE m.outcome
    WHEN 'owned' THEN 'owned by a service'
    WHEN 'touched' THEN 'anything of it changed, tags included'
    WHEN 'unknown' THEN 'not known'
    WHEN 'undated_unknown' THEN 'undated, and not known to have succeeded'
    ELSE m.outcome
  END AS state,
  m.place AS place,
  m.table_name AS table_name,
  m.event AS event
FROM (
  SELECT
    'issued' AS moment,
    CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS what,
    c.start_at AS happened_at,
    c.end_at AS ends_at,
    'listed' AS outcome,
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
    'issued' AS moment,
    c.credential AS what,
    c.issued_at AS happened_at,
    c.expires_at AS ends_at,
    CASE WHEN c.said_expired = TRUE THEN 'expired' ELSE 'listed' END AS outcome,
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
    'stored' AS moment,
    s.credential AS what,
    COALESCE(s.current_version_created_at, v.created_at) AS happened_at,
    s.deleted_at AS ends_at,
    CASE
      WHEN s.deleted_at IS NOT NULL THEN 'deleted'
      WHEN s.owning_service IS NOT NULL THEN 'owned'
      ELSE 'current'
    END AS outcome,
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
    'stored' AS moment,
    c.credential AS what,
    c.issued_at AS happened_at,
    c.expires_at AS ends_at,
    'current' AS outcome,
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
    'touched' AS moment,
    s.credential AS what,
    s.last_changed_at AS happened_at,
    s.deleted_at AS ends_at,
    'touched' AS outcome,
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
    'deployed' AS moment,
    c.name AS what,
    t.occurred_at AS happened_at,
    NULL AS ends_at,
    CASE
      WHEN t.succeeded = FALSE THEN 'refused'
      WHEN t.succeeded = TRUE AND t.account_id IS NOT NULL AND t.occurred_at IS NOT NULL THEN 'success'
      ELSE 'unknown'
    END AS outcome,
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
    'synced' AS moment,
    k.sync AS what,
    k.finished_at AS happened_at,
    NULL AS ends_at,
    k.outcome AS outcome,
    k.result AS place,
    'sync_run' AS table_name,
    CONCAT('line ', CAST(k.line AS STRING)) AS event
  FROM (
    SELECT
      u.sync AS sync,
      u.finished_at AS finished_at,
      u.result AS result,
      u.line AS line,
      CASE WHEN u.succeeded = TRUE THEN 'success' WHEN u.succeeded = FALSE THEN 'failure' ELSE 'unknown' END AS outcome,
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
    'synced' AS moment,
    u.sync AS what,
    u.finished_at AS happened_at,
    NULL AS ends_at,
    CASE WHEN u.succeeded = TRUE THEN 'undated' ELSE 'undated_unknown' END AS outcome,
    u.result AS place,
    'sync_run' AS table_name,
    'finished_at is empty' AS event
  FROM sync_run AS u
  JOIN (SELECT DISTINCT name_folded FROM rotation_consumer WHERE kind <> 'connection') AS c
    ON c.name_folded = u.sync_folded
  WHERE u.finished_at IS NULL
  UNION ALL
  SELECT
    'signed_in' AS moment,
    l.connection AS what,
    l.last_at AS happened_at,
    NULL AS ends_at,
    'success' AS outcome,
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
    'issued_before' AS moment,
    CONCAT('entra/', COALESCE(a.display_name, a.app_id, a.application_id, ''), '/', COALESCE(c.key_id, '')) AS what,
    c.start_at AS happened_at,
    c.end_at AS ends_at,
    'listed' AS outcome,
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
    'stored_before' AS moment,
    s.credential AS what,
    COALESCE(s.current_version_created_at, v.created_at) AS happened_at,
    s.deleted_at AS ends_at,
    CASE WHEN s.deleted_at IS NOT NULL THEN 'deleted' ELSE 'current' END AS outcome,
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
) AS m
