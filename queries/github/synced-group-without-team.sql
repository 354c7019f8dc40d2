-- ---
-- id         = "github/synced-group-without-team"
-- title      = "Identity Center groups without the prefix have their GitHub team or a declaration"
-- severity   = "medium"
-- population = "unprefixed_identity_center_group"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2(4)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.4", "8.2.4"], "cis-v8" = ["5.6", "6.2", "6.7"], "cis-aws-7.0.0" = ["2.19"], "moj-acp" = ["POL.ACP.032", "POL.ACP.041"] }
-- optional   = ["github_audit_event", "declared_assignment"]
-- ---
-- # Rationale
-- A group that is no team, that nothing declares and that no setting names has no
-- owner: its team was removed or renamed, or somebody made it by hand. Whoever is
-- in it keeps its access, and no sync will ever change that.
-- # Remediation
-- Find out who made the group. Delete it, or name it: in a declaration when access
-- is meant for it, in identity_center.ignored_groups when another system owns it.
WITH
  team AS (
    SELECT DISTINCT slug_folded
    FROM github_team
  ),
  declared AS (
    SELECT DISTINCT group_name_folded
    FROM (
      SELECT group_name_folded
      FROM declared_assignment
      UNION ALL
      SELECT value_folded AS group_name_folded
      FROM setting_access_implicit
    ) AS named
  ),
  removed AS (
    SELECT
      team_folded,
      MAX(occurred_at) AS removed_at
    FROM github_audit_event
    WHERE action = 'team.destroy'
    GROUP BY team_folded
  ),
  was_source AS (
    SELECT DISTINCT slug_folded
    FROM baseline_github_team
  ),
  was_target AS (
    SELECT DISTINCT group_id
    FROM baseline_identity_center_group
  )
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(g.display_name, ' is in Identity Center, and no team, declaration or setting names it') AS reason,
  g.group_id AS identity_center_group_id,
  g.created_at AS created_at
FROM unprefixed_identity_center_group AS g
JOIN group_severity AS v
  ON v.ic_group_key = g.ic_group_key
CROSS JOIN github_grace AS grace
LEFT JOIN team AS t
  ON t.slug_folded = g.display_name_folded
LEFT JOIN declared AS d
  ON d.group_name_folded = g.display_name_folded
LEFT JOIN excluded_group AS x
  ON x.name_folded = g.display_name_folded
LEFT JOIN removed AS r
  ON r.team_folded = g.display_name_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = g.display_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = g.group_id
WHERE g.display_name_folded IS NOT NULL
  AND t.slug_folded IS NULL
  AND d.group_name_folded IS NULL
  AND x.name_folded IS NULL
  AND NOT COALESCE(g.created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(r.removed_at >= grace.grace_cutoff, FALSE)
  AND (grace.baseline_fits = FALSE OR (wt.group_id IS NOT NULL AND ws.slug_folded IS NULL))
UNION ALL
SELECT
  u.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', u.group_id, ' could not be read, so whether it has a team cannot be told') AS reason,
  u.group_id AS identity_center_group_id,
  u.created_at AS created_at
FROM unprefixed_identity_center_group AS u
WHERE u.display_name_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  identity_center_group_id
