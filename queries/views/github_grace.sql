-- ---
-- id  = "views/github_grace"
-- doc = "One row: since when a difference between GitHub and Identity Center is still in flight (null without a configured sync), and whether the baseline lies within that window."
-- ---
SELECT
  g.grace_cutoff AS grace_cutoff,
  COALESCE(b.baseline_as_of >= g.grace_cutoff, FALSE) AS baseline_fits
FROM (
  SELECT DISTINCT MIN(grace_cutoff) AS grace_cutoff
  FROM setting_sync
  WHERE source = 'github'
) AS g
CROSS JOIN (
  SELECT DISTINCT MAX(as_of) AS baseline_as_of
  FROM baseline_snapshot
) AS b
