-- ---
-- id         = "access/temporary-level-overdue"
-- title      = "Temporary access ends in time"
-- severity   = "medium"
-- population = "declared_assignment"
-- own_rows   = true
-- params     = { limit_days = 90 }
-- controls   = { "nist-800-53r5" = ["AC-2(2)", "AC-6(7)(b)"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.035"] }
-- ---
-- # Rationale
-- Levels in access.temporary_levels are given for a piece of work that ends, such as a
-- migration. No declaration says when it was given; earlier checks tell since when it has
-- been there at least. Until that is longer than the limit, whether it is overdue is not
-- known: it may be older than the first check.
-- # Remediation
-- Ask the owner whether the work has ended. Take the row out of the declaration, or give
-- the level that daily work needs.
WITH
  seen AS (
    SELECT
      resource,
      MIN(first_seen_at) AS first_seen_at
    FROM first_seen
    WHERE rule = 'access/temporary-level-overdue'
    GROUP BY resource
  ),
  temporary AS (
    SELECT DISTINCT value_folded
    FROM setting_access_temporary_levels
  ),
  held AS (
    SELECT DISTINCT
      account_key,
      permission_set_folded,
      group_name_folded,
      severity
    FROM group_assignment
  ),
  declared AS (
    SELECT
      CONCAT(COALESCE(c.label, d.account), '/', d.group_name) AS resource,
      COALESCE(c.label, d.account) AS account,
      COALESCE(h.severity, 'low') AS severity,
      d.level AS level,
      d.permission_set AS permission_set,
      d.group_name AS group_name,
      d.source AS declared_in,
      d.line AS line
    FROM declared_assignment AS d
    JOIN temporary AS t
      ON t.value_folded = d.level_folded
    LEFT JOIN aws_account AS c
      ON c.account_key = d.account_key
    LEFT JOIN held AS h
      ON h.account_key = d.account_key
      AND h.permission_set_folded = d.permission_set_folded
      AND h.group_name_folded = d.group_name_folded
    WHERE d.group_name_folded IS NOT NULL
  )
SELECT
  d.resource AS resource,
  d.severity AS severity,
  CASE WHEN f.first_seen_at < p.limit_days_cutoff THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN f.first_seen_at < p.limit_days_cutoff THEN CONCAT(
      d.group_name, ' has been declared to have the temporary level ', d.level, ' on ', d.account,
      ' for more than ', CAST(p.limit_days AS STRING), ' days'
    )
    ELSE CONCAT(
      d.group_name, ' is declared to have the temporary level ', d.level, ' on ', d.account,
      '; whether for more than ', CAST(p.limit_days AS STRING), ' days cannot be told from earlier checks'
    )
  END AS reason,
  d.account AS account,
  d.permission_set AS permission_set,
  d.group_name AS declared_group,
  f.first_seen_at AS seen_since,
  d.declared_in AS declared_in,
  d.line AS line
FROM declared AS d
CROSS JOIN param AS p
LEFT JOIN seen AS f
  ON f.resource = d.resource
ORDER BY
  resource,
  status,
  severity,
  declared_in,
  line
