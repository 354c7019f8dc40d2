-- ---
-- id  = "views/change_attributed"
-- doc = "What was added and removed since the baseline, each with the last event that made it; where no event shows who did, between which two moments it happened and why nobody can be named."
-- ---
WITH
  last_event AS (
    SELECT
      kind,
      change,
      key,
      event_id,
      event,
      occurred_at,
      actor
    FROM (
      SELECT
        kind,
        change,
        key,
        event_id,
        event,
        occurred_at,
        actor,
        ROW_NUMBER() OVER (
          PARTITION BY kind, change, key
          ORDER BY
            weight DESC,
            occurred_at DESC,
            event_id DESC
        ) AS place
      FROM change_event
    ) AS ranked
    WHERE place = 1
  ),
  reach AS (
    SELECT DISTINCT
      'cloudtrail_event' AS table_name,
      MIN(occurred_at) AS earliest_at
    FROM cloudtrail_event
    UNION ALL
    SELECT DISTINCT
      'entra_audit_event' AS table_name,
      MIN(occurred_at) AS earliest_at
    FROM entra_audit_event
    UNION ALL
    SELECT DISTINCT
      'github_audit_event' AS table_name,
      MIN(occurred_at) AS earliest_at
    FROM github_audit_event
  )
SELECT
  c.kind AS kind,
  c.change AS change,
  c.name AS name,
  c.key AS key,
  e.actor AS actor,
  e.occurred_at AS happened_at,
  e.event AS event,
  e.event_id AS event_id,
  CASE WHEN e.event_id IS NOT NULL THEN CONCAT('the event ', e.event, ' of ', l.log_name, ', ', e.event_id) END AS how_known,
  CASE WHEN e.event_id IS NULL THEN b.as_of END AS not_before,
  CASE WHEN e.event_id IS NULL THEN s.setting_as_of END AS not_after,
  CASE
    WHEN e.actor IS NOT NULL THEN NULL
    WHEN e.event_id IS NOT NULL THEN 'the event does not say who made it'
    WHEN w.state = 'skipped' THEN CONCAT(l.log_name, ' was not read')
    WHEN w.state = 'denied' THEN CONCAT(l.log_name, ' was not read: access was denied')
    WHEN w.state = 'failed' THEN CONCAT(l.log_name, ' was not read: reading it failed')
    WHEN w.state = 'partial' THEN CONCAT(l.log_name, ' was not read completely, and what was read shows no event of it')
    WHEN l.asked = FALSE THEN CONCAT('no event of that kind is read from ', l.log_name)
    WHEN r.earliest_at <= b.as_of THEN CONCAT(l.log_name, ' reaches back to before the baseline and shows no event of it')
    WHEN b.as_of < d.cutoff THEN CONCAT(
      l.log_name, ' is kept for ', CAST(l.days AS STRING), ' days, and the baseline is older'
    )
    WHEN r.earliest_at IS NULL THEN CONCAT(l.log_name, ' holds no event at all')
    ELSE CONCAT(l.log_name, ' shows no event of it, and its earliest event is later than the baseline')
  END AS why_unknown
FROM change AS c
JOIN change_log AS l
  ON l.kind = c.kind
  AND l.change = c.change
JOIN reach AS r
  ON r.table_name = l.table_name
JOIN period AS d
  ON d.days = l.days
CROSS JOIN setting AS s
CROSS JOIN baseline_snapshot AS b
LEFT JOIN coverage AS w
  ON w.table_name = l.table_name
LEFT JOIN last_event AS e
  ON e.kind = c.kind
  AND e.change = c.change
  AND e.key = c.key
