-- ---
-- id         = "evidence/sources-skewed"
-- title      = "Sources are read within the grace window of each other"
-- severity   = "medium"
-- population = "snapshot_source"
-- controls   = { "nist-800-53r5" = ["CM-8a.1"], "iso27001:2022" = ["A.5.28"], soc2 = ["CC2.1"] }
-- ---
-- # Rationale
-- A difference between two sources only means something when both were read at
-- about the same time. Further apart than a sync may lag behind, drift between
-- them is as likely to be time as fault.
-- # Remediation
-- Export or read the two sources again, close together.
WITH
  widest AS (
    SELECT DISTINCT MAX(grace_hours) AS grace_hours
    FROM setting_sync
  ),
  own AS (
    SELECT
      source,
      MAX(grace_hours) AS grace_hours
    FROM setting_sync
    GROUP BY source
  ),
  pair AS (
    SELECT
      a.source AS first_source,
      b.source AS second_source,
      a.read_at AS first_read_at,
      b.read_at AS second_read_at,
      CASE
        WHEN a.read_epoch_us >= b.read_epoch_us THEN a.read_epoch_us - b.read_epoch_us
        ELSE b.read_epoch_us - a.read_epoch_us
      END AS apart_us
    FROM snapshot_source AS a
    CROSS JOIN snapshot_source AS b
    WHERE a.source < b.source
  ),
  judged AS (
    SELECT
      p.first_source AS first_source,
      p.second_source AS second_source,
      p.first_read_at AS first_read_at,
      p.second_read_at AS second_read_at,
      p.apart_us AS apart_us,
      CASE
        WHEN x.grace_hours IS NULL AND y.grace_hours IS NULL THEN w.grace_hours
        WHEN x.grace_hours IS NULL THEN y.grace_hours
        WHEN y.grace_hours IS NULL THEN x.grace_hours
        WHEN x.grace_hours >= y.grace_hours THEN x.grace_hours
        ELSE y.grace_hours
      END AS grace_hours
    FROM pair AS p
    CROSS JOIN widest AS w
    LEFT JOIN own AS x
      ON x.source = p.first_source
    LEFT JOIN own AS y
      ON y.source = p.second_source
  )
SELECT
  CONCAT(first_source, '/', second_source) AS resource,
  CONCAT(
    first_source, ' and ', second_source, ' were read more than ', CAST(grace_hours AS STRING), ' hours apart'
  ) AS reason,
  first_read_at AS first_read_at,
  second_read_at AS second_read_at,
  grace_hours AS grace_hours
FROM judged
WHERE apart_us > grace_hours * 3600000000
ORDER BY resource
