-- ---
-- id         = "secret/copies-diverge"
-- title      = "Copies of a secret change together"
-- severity   = "medium"
-- population = "own_secret"
-- optional   = ["registered_secret"]
-- params     = { tolerance_hours = 24 }
-- controls   = { "nist-800-53r5" = ["IA-5f"], "iso27001:2022" = ["A.5.17"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.6.3"] }
-- ---
-- # Rationale
-- Two accounts hold a secret of the same name and one of them was not changed when the
-- other was: what reads it there works with the old value, until that is removed.
-- # Remediation
-- Write the new value to every account that holds a copy, or rename what only happens to
-- be called the same.
WITH
  copy AS (
    SELECT
      substr(s.registered_secret_folded, length(CONCAT('secretsmanager/', s.account_id, '/')) + 1) AS name_folded,
      s.name AS name,
      s.account_id AS account_id,
      s.current_version_epoch_us AS changed_us,
      s.current_version_created_at AS changed_at
    FROM own_secret AS s
  ),
  newest AS (
    SELECT
      name_folded,
      account_id,
      MIN(name) AS name,
      COUNT(CASE WHEN changed_us IS NULL THEN 1 END) AS undated,
      MAX(changed_us) AS changed_us,
      MAX(changed_at) AS changed_at
    FROM copy
    GROUP BY
      name_folded,
      account_id
  ),
  spread AS (
    SELECT
      name_folded,
      MIN(name) AS name,
      COUNT(*) AS accounts,
      SUM(undated) AS undated,
      MAX(changed_us) - MIN(changed_us) AS apart_us,
      MIN(changed_at) AS oldest_changed_at,
      MAX(changed_at) AS newest_changed_at
    FROM newest
    GROUP BY name_folded
  )
SELECT
  d.name AS resource,
  CASE WHEN d.apart_us > p.tolerance_hours * 3600000000 THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN d.apart_us > p.tolerance_hours * 3600000000 THEN CONCAT(
      CAST(d.accounts AS STRING), ' accounts hold ', d.name, ' and changed it more than ',
      CAST(p.tolerance_hours AS STRING), ' hours apart'
    )
    ELSE CONCAT(
      CAST(d.accounts AS STRING), ' accounts hold ', d.name, '; when it changed in all of them is not known'
    )
  END AS reason,
  d.accounts AS accounts,
  d.oldest_changed_at AS oldest_changed_at,
  d.newest_changed_at AS newest_changed_at
FROM spread AS d
CROSS JOIN param AS p
WHERE d.accounts > 1
  AND (d.undated > 0 OR d.apart_us > p.tolerance_hours * 3600000000)
ORDER BY
  resource,
  status
