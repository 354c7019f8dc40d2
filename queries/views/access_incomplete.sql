-- ---
-- id  = "views/access_incomplete"
-- doc = "One row: how many of the tables that access rests on were not read completely now and in the baseline, and whether there is one (1) or none (0)."
-- ---
SELECT
  n.tables AS now_tables,
  b.tables AS before_tables,
  w.snapshots AS baselines
FROM (
  SELECT DISTINCT COUNT(*) AS tables
  FROM coverage
  WHERE table_name IN (
    'account_assignment', 'aws_account', 'identity_center_group',
    'identity_center_membership', 'identity_center_user', 'permission_set'
  )
    AND (state IS DISTINCT FROM 'complete')
) AS n
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS tables
  FROM baseline_coverage
  WHERE table_name IN (
    'account_assignment', 'aws_account', 'identity_center_group',
    'identity_center_membership', 'identity_center_user', 'permission_set'
  )
    AND (state IS DISTINCT FROM 'complete')
) AS b
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS snapshots
  FROM baseline_snapshot
) AS w
