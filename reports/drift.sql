-- ---
-- id     = "reports/drift"
-- title  = "Drift"
-- doc    = "What differs between declaration, source and Identity Center, and what changed since the baseline."
-- charts = ["findings"]
-- ---

-- ## Story
-- The whole report in ten lines at most, the heaviest first. Each line counts rows of the sheet that it names, and all lines of a sheet together count every row of it. A row weighs by its severity: critical is privileged access to production, high is one of the two. What should not be there weighs more than what is different, and that more than what is missing.
WITH
  difference AS (
    SELECT
      f.rule AS rule,
      f.resource AS resource,
      f.reason AS reason,
      f.severity AS severity,
      f.severity_rank AS severity_rank,
      f.status AS status,
      f.state AS state,
      COALESCE(f.cause, 'no cause shown') AS cause,
      CASE WHEN f.cause IS NULL THEN 0 ELSE 1 END AS caused,
      d.direction AS direction,
      d.story AS story,
      d.action AS action,
      d.weight AS weight
    FROM finding AS f
    JOIN drift_direction AS d
      ON d.rule = f.rule
    WHERE f.state <> 'resolved'
      AND d.direction <> 'none'
  ),
  difference_counted AS (
    SELECT
      direction,
      story,
      MIN(action) AS action,
      MAX(weight) AS turn,
      MAX(caused) AS caused,
      COUNT(*) AS found,
      COUNT(CASE WHEN status = 'fail' AND severity = 'critical' THEN 1 END) AS critical,
      COUNT(CASE WHEN status = 'fail' AND severity = 'high' THEN 1 END) AS high,
      COUNT(CASE WHEN status = 'fail' AND severity = 'medium' THEN 1 END) AS medium,
      COUNT(CASE WHEN state IN ('new', 'reopened') THEN 1 END) AS arrived,
      COUNT(CASE WHEN status = 'unknown' THEN 1 END) AS undecided
    FROM difference
    GROUP BY
      direction,
      story
  ),
  difference_weighed AS (
    SELECT
      direction,
      story,
      action,
      caused,
      found,
      critical,
      high,
      arrived,
      undecided,
      1000000000000000 - (critical * 1000 + high * 100 + medium * 10 + found) * turn AS lightness
    FROM difference_counted
  ),
  difference_ranked AS (
    SELECT
      direction,
      story,
      action,
      caused,
      found,
      critical,
      high,
      arrived,
      undecided,
      ROW_NUMBER() OVER (
        ORDER BY
          lightness,
          direction,
          story
      ) AS place
    FROM difference_weighed
  ),
  cause_counted AS (
    SELECT
      direction,
      story,
      cause,
      COUNT(*) AS found
    FROM difference
    GROUP BY
      direction,
      story,
      cause
  ),
  cause_told AS (
    SELECT
      direction,
      story,
      string_agg(CONCAT(cause, ' ', CAST(found AS STRING)), ', ' ORDER BY cause) AS causes
    FROM cause_counted
    GROUP BY
      direction,
      story
  ),
  difference_example AS (
    SELECT
      direction,
      story,
      reason
    FROM (
      SELECT
        direction,
        story,
        reason,
        ROW_NUMBER() OVER (
          PARTITION BY direction, story
          ORDER BY
            status,
            severity_rank,
            rule,
            resource,
            reason
        ) AS place
      FROM difference
    ) AS ordered
    WHERE place = 1
  ),
  made AS (
    SELECT
      kind,
      change,
      name,
      key,
      actor,
      why_unknown,
      CASE
        WHEN kind = 'Account assignment' THEN 100
        WHEN split_part(kind, ' ', 1) = 'Identity' THEN 10
        ELSE 1
      END AS turn,
      CASE WHEN actor IS NULL THEN 1 ELSE 0 END AS nameless
    FROM change_attributed
  ),
  made_counted AS (
    SELECT
      kind,
      change,
      MAX(turn) AS turn,
      COUNT(*) AS found,
      COUNT(actor) AS named
    FROM made
    GROUP BY
      kind,
      change
  ),
  made_weighed AS (
    SELECT
      kind,
      change,
      found,
      named,
      1000000000000000 - found * turn AS lightness
    FROM made_counted
  ),
  made_ranked AS (
    SELECT
      kind,
      change,
      found,
      named,
      ROW_NUMBER() OVER (
        ORDER BY
          lightness,
          kind,
          change
      ) AS place
    FROM made_weighed
  ),
  made_by AS (
    SELECT
      kind,
      change,
      actor,
      COUNT(*) AS found,
      1000000000000000 - COUNT(*) AS lightness
    FROM made
    WHERE actor IS NOT NULL
    GROUP BY
      kind,
      change,
      actor
  ),
  made_most AS (
    SELECT
      kind,
      change,
      actor,
      found
    FROM (
      SELECT
        kind,
        change,
        actor,
        found,
        ROW_NUMBER() OVER (
          PARTITION BY kind, change
          ORDER BY
            lightness,
            actor
        ) AS place
      FROM made_by
    ) AS ordered
    WHERE place = 1
  ),
  made_actors AS (
    SELECT
      kind,
      change,
      COUNT(*) AS actors
    FROM made_by
    GROUP BY
      kind,
      change
  ),
  made_example AS (
    SELECT
      kind,
      change,
      name,
      actor,
      why_unknown
    FROM (
      SELECT
        kind,
        change,
        name,
        actor,
        why_unknown,
        ROW_NUMBER() OVER (
          PARTITION BY kind, change
          ORDER BY
            nameless,
            name,
            key
        ) AS place
      FROM made
    ) AS ordered
    WHERE place = 1
  ),
  explained_by AS (
    SELECT
      cause,
      COUNT(*) AS found
    FROM explained_difference
    GROUP BY cause
  ),
  explained AS (
    SELECT DISTINCT
      COALESCE(SUM(found), 0) AS found,
      string_agg(CONCAT(CAST(found AS STRING), ' ', cause), ', ' ORDER BY cause) AS causes
    FROM explained_by
  ),
  gone AS (
    SELECT DISTINCT
      COUNT(*) AS found,
      COUNT(CASE WHEN f.severity = 'critical' THEN 1 END) AS critical,
      COUNT(CASE WHEN f.severity = 'high' THEN 1 END) AS high,
      MIN(f.reason) AS example
    FROM finding AS f
    JOIN drift_direction AS d
      ON d.rule = f.rule
    WHERE f.state = 'resolved'
      AND d.direction <> 'none'
  ),
  unread AS (
    SELECT DISTINCT
      COUNT(*) AS found,
      COUNT(CASE WHEN state = 'skipped' THEN 1 END) AS skipped,
      MIN(CASE WHEN state <> 'skipped' THEN CONCAT(table_name, ': ', COALESCE(reason, state)) END) AS example
    FROM coverage
    WHERE (state IS DISTINCT FROM 'complete')
  ),
  uncompared AS (
    SELECT DISTINCT COUNT(*) AS kinds
    FROM (SELECT DISTINCT kind FROM not_compared) AS k
  ),
  undecided AS (
    SELECT DISTINCT COUNT(CASE WHEN status = 'unknown' THEN 1 END) AS found
    FROM difference
  ),
  made_size AS (
    SELECT DISTINCT COUNT(*) AS group_count
    FROM made_ranked
  ),
  difference_size AS (
    SELECT DISTINCT COUNT(*) AS group_count
    FROM difference_ranked
  ),
  room AS (
    SELECT
      CASE WHEN m.group_count > 2 THEN 1 ELSE 2 END AS made_lines,
      9
      - CASE WHEN m.group_count > 1 THEN 2 WHEN m.group_count = 1 THEN 1 ELSE 0 END
      - CASE WHEN e.found > 0 THEN 1 ELSE 0 END
      - CASE WHEN g.found > 0 THEN 1 ELSE 0 END AS lines,
      d.group_count AS group_count
    FROM made_size AS m
    CROSS JOIN explained AS e
    CROSS JOIN gone AS g
    CROSS JOIN difference_size AS d
  ),
  share AS (
    SELECT
      made_lines,
      CASE WHEN group_count > lines THEN lines - 1 ELSE lines END AS difference_lines
    FROM room
  ),
  difference_rest AS (
    SELECT DISTINCT
      COUNT(*) AS group_count,
      SUM(r.found) AS found,
      SUM(r.critical) AS critical,
      SUM(r.high) AS high,
      SUM(r.arrived) AS arrived,
      SUM(r.undecided) AS undecided,
      string_agg(CONCAT(r.story, ' ', CAST(r.found AS STRING)), '; ' ORDER BY r.place) AS kinds
    FROM difference_ranked AS r
    CROSS JOIN share AS s
    WHERE r.place > s.difference_lines
  ),
  made_rest AS (
    SELECT DISTINCT
      COUNT(*) AS group_count,
      SUM(r.found) AS found,
      SUM(r.named) AS named,
      string_agg(CONCAT(r.kind, ' ', r.change, ' ', CAST(r.found AS STRING)), '; ' ORDER BY r.place) AS kinds
    FROM made_ranked AS r
    CROSS JOIN share AS s
    WHERE r.place > s.made_lines
  ),
  told AS (
    SELECT
      1 AS part,
      r.place AS place,
      'Differences' AS sheet,
      r.direction AS direction,
      CONCAT(
        r.story, ': ', CAST(r.found AS STRING),
        CASE WHEN r.caused = 1 THEN CONCAT(' (', c.causes, ')') ELSE '' END
      ) AS story,
      r.found AS row_count,
      r.critical AS critical,
      r.high AS high,
      r.arrived AS new_rows,
      r.undecided AS undecided,
      e.reason AS example,
      r.action AS what_to_do
    FROM difference_ranked AS r
    CROSS JOIN share AS s
    JOIN difference_example AS e
      ON e.direction = r.direction
      AND e.story = r.story
    JOIN cause_told AS c
      ON c.direction = r.direction
      AND c.story = r.story
    WHERE r.place <= s.difference_lines
    UNION ALL
    SELECT
      1 AS part,
      1000 AS place,
      'Differences' AS sheet,
      'several' AS direction,
      CONCAT('Other differences, of ', CAST(r.group_count AS STRING), ' kinds: ', CAST(r.found AS STRING)) AS story,
      r.found AS row_count,
      r.critical AS critical,
      r.high AS high,
      r.arrived AS new_rows,
      r.undecided AS undecided,
      r.kinds AS example,
      'See the sheet Differences.' AS what_to_do
    FROM difference_rest AS r
    WHERE r.group_count > 0
    UNION ALL
    SELECT
      2 AS part,
      r.place AS place,
      'Changes' AS sheet,
      r.change AS direction,
      CONCAT(
        r.kind, ', ', r.change, ' since the baseline: ', CAST(r.found AS STRING),
        CASE
          WHEN m.actor IS NULL THEN ', and nobody can be named'
          WHEN a.actors = 1 AND r.named = r.found THEN CONCAT(', all by ', m.actor)
          ELSE CONCAT(
            ', ', CAST(m.found AS STRING), ' of them by ', m.actor,
            CASE WHEN a.actors > 1 THEN CONCAT(', ', CAST(r.named - m.found AS STRING), ' by others') ELSE '' END,
            CASE WHEN r.found > r.named THEN CONCAT(', ', CAST(r.found - r.named AS STRING), ' by nobody who can be named') ELSE '' END
          )
        END
      ) AS story,
      r.found AS row_count,
      NULLIF(1, 1) AS critical,
      NULLIF(1, 1) AS high,
      NULLIF(1, 1) AS new_rows,
      r.found - r.named AS undecided,
      CONCAT(
        COALESCE(e.name, 'something without a name'),
        CASE WHEN e.actor IS NULL THEN CONCAT(': ', COALESCE(e.why_unknown, 'nobody knows why')) ELSE CONCAT(', by ', e.actor) END
      ) AS example,
      'Ask whoever made it, where nobody expects it.' AS what_to_do
    FROM made_ranked AS r
    CROSS JOIN share AS s
    JOIN made_example AS e
      ON e.kind = r.kind
      AND e.change = r.change
    LEFT JOIN made_most AS m
      ON m.kind = r.kind
      AND m.change = r.change
    LEFT JOIN made_actors AS a
      ON a.kind = r.kind
      AND a.change = r.change
    WHERE r.place <= s.made_lines
    UNION ALL
    SELECT
      2 AS part,
      1000 AS place,
      'Changes' AS sheet,
      'several' AS direction,
      CONCAT('Other changes since the baseline, of ', CAST(r.group_count AS STRING), ' kinds: ', CAST(r.found AS STRING)) AS story,
      r.found AS row_count,
      NULLIF(1, 1) AS critical,
      NULLIF(1, 1) AS high,
      NULLIF(1, 1) AS new_rows,
      r.found - r.named AS undecided,
      r.kinds AS example,
      'See the sheet Changes.' AS what_to_do
    FROM made_rest AS r
    WHERE r.group_count > 0
    UNION ALL
    SELECT
      3 AS part,
      1 AS place,
      'Explained' AS sheet,
      'none' AS direction,
      CONCAT('Differences that are no drift (', e.causes, '): ', CAST(e.found AS STRING)) AS story,
      e.found AS row_count,
      NULLIF(1, 1) AS critical,
      NULLIF(1, 1) AS high,
      NULLIF(1, 1) AS new_rows,
      NULLIF(1, 1) AS undecided,
      NULL AS example,
      'Nothing.' AS what_to_do
    FROM explained AS e
    WHERE e.found > 0
    UNION ALL
    SELECT
      4 AS part,
      1 AS place,
      'Resolved' AS sheet,
      'gone' AS direction,
      CONCAT('Differences of the baseline that are gone: ', CAST(g.found AS STRING)) AS story,
      g.found AS row_count,
      g.critical AS critical,
      g.high AS high,
      NULLIF(1, 1) AS new_rows,
      NULLIF(1, 1) AS undecided,
      g.example AS example,
      'Nothing.' AS what_to_do
    FROM gone AS g
    WHERE g.found > 0
    UNION ALL
    SELECT
      5 AS part,
      1 AS place,
      'Not read' AS sheet,
      'unknown' AS direction,
      CASE
        WHEN u.found = u.skipped AND k.kinds = 0 AND d.found = 0 THEN CONCAT(
          'Nothing is unknown: all that was asked for was read, compared and decided. Tables not asked for: ',
          CAST(u.skipped AS STRING)
        )
        ELSE CONCAT(
          'Unknown: tables not read completely ', CAST(u.found - u.skipped AS STRING),
          ', tables not asked for ', CAST(u.skipped AS STRING),
          ', kinds of change not compared ', CAST(k.kinds AS STRING),
          ', differences not decided ', CAST(d.found AS STRING)
        )
      END AS story,
      u.found AS row_count,
      NULLIF(1, 1) AS critical,
      NULLIF(1, 1) AS high,
      NULLIF(1, 1) AS new_rows,
      NULLIF(1, 1) AS undecided,
      u.example AS example,
      CASE
        WHEN u.found = u.skipped AND k.kinds = 0 AND d.found = 0 THEN 'Nothing.'
        ELSE 'Grant what the sheet Not read asks for, and take another snapshot.'
      END AS what_to_do
    FROM unread AS u
    CROSS JOIN uncompared AS k
    CROSS JOIN undecided AS d
  )
SELECT
  ROW_NUMBER() OVER (
    ORDER BY
      part,
      place
  ) AS line,
  story,
  row_count,
  example,
  what_to_do,
  critical,
  high,
  new_rows,
  undecided,
  direction,
  sheet
FROM told
ORDER BY line

-- ## Differences
-- What the rules that compare declaration, source and Identity Center found: surplus is what should not be there. The column story tells which line of the story counts a row. What other rules found about people, groups and access is in the access review.
SELECT
  f.severity AS severity,
  d.direction AS direction,
  d.story AS story,
  f.cause AS cause,
  f.reason AS reason,
  f.status AS status,
  f.state AS state,
  f.account AS account,
  f.rule AS rule,
  f.resource AS resource,
  f.first_seen AS first_seen,
  f.waiver AS waiver,
  d.compared AS compared
FROM finding AS f
JOIN drift_direction AS d
  ON d.rule = f.rule
WHERE f.state <> 'resolved'
  AND d.direction <> 'none'
ORDER BY
  f.severity_rank,
  f.rule,
  f.resource,
  f.state

-- ## Explained
-- What differs and is no drift, by its cause. Nothing of a source that was not read completely: see Not read.
SELECT cause, source, group_name, who, people, difference
FROM explained_difference
ORDER BY cause, source, group_name, who, difference

-- ## Causes
-- What the words for causes mean. Where several fit, the first is named; a row without a cause shows none.
SELECT cause, meaning
FROM cause
ORDER BY precedence

-- ## Changes
-- What was added and removed since the baseline: who made it, when, and how that is known; or between which two moments it happened, and why nobody can be named.
SELECT kind, change, name, actor, happened_at, how_known, not_before, not_after, why_unknown, key
FROM change_attributed
ORDER BY kind, change, name, key

-- ## Not compared
-- Kinds that one of the two snapshots did not read completely: nothing is concluded about them.
SELECT kind, table_name
FROM not_compared
ORDER BY kind, table_name

-- ## Resolved
-- Differences of the baseline that are gone.
SELECT
  f.severity AS severity,
  d.direction AS direction,
  d.story AS story,
  f.reason AS reason,
  f.rule AS rule,
  f.resource AS resource,
  f.first_seen AS first_seen
FROM finding AS f
JOIN drift_direction AS d
  ON d.rule = f.rule
WHERE f.state = 'resolved'
  AND d.direction <> 'none'
ORDER BY
  f.severity_rank,
  f.rule,
  f.resource

-- ## Not read
-- Tables that were not read completely.
SELECT table_name, source, state, reason
FROM coverage
WHERE (state IS DISTINCT FROM 'complete')
ORDER BY state, table_name
