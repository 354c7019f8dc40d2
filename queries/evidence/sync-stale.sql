-- ---
-- id         = "evidence/sync-stale"
-- title      = "Every sync has succeeded within twice its interval"
-- severity   = "high"
-- population = "setting_sync"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.16", "A.5.18"], soc2 = ["CC6.2", "CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["5.6", "6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.036"] }
-- optional   = ["sync_run", "entra_group", "github_team", "identity_center_group", "identity_center_user", "identity_center_membership"]
-- ---
-- # Rationale
-- A sync that has stopped fails open: everybody keeps the access of the last run,
-- leavers included, and no alarm rings, because the job catches its own errors.
-- # Remediation
-- Read the log of the job for the last line that says it completed. Most often its
-- credential has expired: look at secret/expired, rotate it, and run the job.
WITH
  run AS (
    SELECT
      r.sync_folded AS sync_folded,
      MAX(CASE WHEN r.succeeded = TRUE THEN r.finished_at END) AS last_success_at,
      MAX(CASE WHEN r.succeeded IS NULL THEN r.finished_at END) AS last_unclear_at,
      COUNT(CASE WHEN r.finished_at IS NULL AND (r.succeeded IS DISTINCT FROM FALSE) THEN 1 END) AS undated_runs,
      COUNT(*) AS runs
    FROM sync_run AS r
    CROSS JOIN param AS p
    WHERE NOT COALESCE(r.finished_at > p.as_of, FALSE)
    GROUP BY r.sync_folded
  ),
  target AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM identity_center_group
  ),
  waiting AS (
    SELECT DISTINCT
      'entra' AS source,
      MIN(g.created_at) AS oldest_at
    FROM prefixed_group AS g
    LEFT JOIN target AS t
      ON t.name_folded = g.display_name_folded
    LEFT JOIN excluded_group AS x
      ON x.name_folded = g.display_name_folded
    WHERE t.name_folded IS NULL
      AND x.name_folded IS NULL
    UNION ALL
    SELECT DISTINCT
      'github' AS source,
      MIN(m.created_at) AS oldest_at
    FROM synced_team AS m
    LEFT JOIN target AS t
      ON t.name_folded = m.slug_folded
    WHERE t.name_folded IS NULL
  ),
  write AS (
    SELECT created_at AS written_at
    FROM identity_center_group
    UNION ALL
    SELECT updated_at AS written_at
    FROM identity_center_group
    UNION ALL
    SELECT created_at AS written_at
    FROM identity_center_user
    UNION ALL
    SELECT updated_at AS written_at
    FROM identity_center_user
    UNION ALL
    SELECT created_at AS written_at
    FROM identity_center_membership
  ),
  last_write AS (
    SELECT DISTINCT MAX(written_at) AS written_at
    FROM write
  ),
  unread AS (
    SELECT
      CASE table_name WHEN 'github_team' THEN 'github' ELSE 'entra' END AS source,
      COUNT(*) AS skipped
    FROM coverage
    WHERE table_name IN ('entra_group', 'github_team')
      AND state = 'skipped'
    GROUP BY CASE table_name WHEN 'github_team' THEN 'github' ELSE 'entra' END
  ),
  unread_target AS (
    SELECT DISTINCT COUNT(*) AS skipped
    FROM coverage
    WHERE table_name = 'identity_center_group'
      AND state = 'skipped'
  ),
  judged AS (
    SELECT
      y.name AS name,
      y.source AS source,
      y.interval_hours AS interval_hours,
      r.last_success_at AS last_success_at,
      w.oldest_at AS oldest_at,
      l.written_at AS last_write_at,
      CASE
        WHEN r.last_success_at >= y.double_interval_cutoff THEN 'fresh'
        WHEN r.undated_runs > 0 OR r.last_unclear_at >= y.double_interval_cutoff THEN 'unclear'
        WHEN r.runs IS NOT NULL AND r.last_success_at IS NULL THEN 'never'
        WHEN r.runs IS NOT NULL THEN 'stale'
        WHEN y.source NOT IN ('entra', 'github') THEN 'blind'
        WHEN n.skipped IS NOT NULL OR t.skipped > 0 THEN 'blind'
        WHEN NOT COALESCE(w.oldest_at < y.double_interval_cutoff, FALSE) THEN 'fresh'
        WHEN l.written_at IS NULL THEN 'undated'
        WHEN l.written_at < y.double_interval_cutoff THEN 'idle'
        ELSE 'fresh'
      END AS verdict
    FROM setting_sync AS y
    CROSS JOIN last_write AS l
    CROSS JOIN unread_target AS t
    LEFT JOIN run AS r
      ON r.sync_folded = y.name_folded
    LEFT JOIN waiting AS w
      ON w.source = y.source
    LEFT JOIN unread AS n
      ON n.source = y.source
  )
SELECT
  name AS resource,
  CASE WHEN verdict IN ('blind', 'undated', 'unclear') THEN 'unknown' ELSE 'fail' END AS status,
  CASE verdict
    WHEN 'never' THEN CONCAT('the run log of the sync ', name, ' shows no run that succeeded')
    WHEN 'stale' THEN CONCAT(
      'the last success of the sync ', name, ' is older than twice its interval of ',
      CAST(interval_hours AS STRING), ' hours'
    )
    WHEN 'unclear' THEN CONCAT(
      'the run log of the sync ', name, ' has a run whose end or result is not known, so whether it succeeded in time cannot be told'
    )
    WHEN 'idle' THEN CONCAT(
      'the sync ', name, ' has left a difference for longer than twice its interval of ',
      CAST(interval_hours AS STRING), ' hours, and nothing was written to Identity Center since'
    )
    WHEN 'undated' THEN CONCAT(
      'the sync ', name, ' has left a difference for longer than twice its interval of ',
      CAST(interval_hours AS STRING), ' hours, and when Identity Center was last written to is not known'
    )
    ELSE CONCAT(
      'the sync ', name, ' has no run log and what it copies was not read, so whether it runs cannot be told'
    )
  END AS reason,
  source AS source,
  last_success_at AS last_success_at,
  oldest_at AS oldest_difference_at,
  last_write_at AS last_write_at
FROM judged
WHERE verdict <> 'fresh'
ORDER BY resource
