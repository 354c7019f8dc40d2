-- ---
-- id         = "github/renamed-team-still-declared"
-- title      = "Declared access names teams that exist"
-- severity   = "low"
-- population = "declared_assignment"
-- baseline_finds = true
-- controls   = { "nist-800-53r5" = ["AC-2d", "CM-6b"], "iso27001:2022" = ["A.5.15", "A.8.9"], soc2 = ["CC6.3", "CC8.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- optional   = ["github_audit_event"]
-- ---
-- # Rationale
-- The sync follows slugs, not teams: a renamed team is a new group without access,
-- and the old name stays in the declarations. Whoever creates a team of that name
-- next gets the access that was declared for another.
-- # Remediation
-- Find out what became of the team. Write its new slug into the declarations, or
-- remove the rows; then remove the Identity Center group of the old name.
WITH
  declared AS (
    SELECT
      group_name_folded,
      MIN(group_name) AS group_name,
      MIN(source) AS declared_in,
      COUNT(*) AS row_count
    FROM declared_assignment
    GROUP BY group_name_folded
  ),
  team AS (
    SELECT DISTINCT slug_folded
    FROM github_team
  ),
  entra AS (
    SELECT DISTINCT display_name_folded AS name_folded
    FROM prefixed_group
  ),
  was AS (
    SELECT DISTINCT slug_folded
    FROM baseline_github_team
  ),
  gone AS (
    SELECT
      team_folded,
      MAX(occurred_at) AS gone_at
    FROM github_audit_event
    WHERE action IN ('team.destroy', 'team.rename')
    GROUP BY team_folded
  ),
  worth AS (
    SELECT
      group_name_folded AS name_folded,
      'low' AS severity
    FROM declared_assignment
    UNION ALL
    SELECT DISTINCT
      g.display_name_folded AS name_folded,
      a.severity AS severity
    FROM identity_center_group AS g
    JOIN assignment AS a
      ON a.ic_group_key = g.ic_group_key
  )
SELECT DISTINCT
  d.group_name_folded AS resource,
  v.severity AS severity,
  'fail' AS status,
  CASE
    WHEN e.team_folded IS NOT NULL THEN CONCAT(
      'declared access names the team ', d.group_name, ', which the audit log shows to be renamed or removed'
    )
    ELSE CONCAT(
      'declared access names ', d.group_name, ', a team of the baseline that is renamed or removed since'
    )
  END AS reason,
  d.group_name AS declared_name,
  d.declared_in AS declared_in,
  d.row_count AS declared_rows,
  e.gone_at AS gone_at
FROM declared AS d
JOIN worth AS v
  ON v.name_folded = d.group_name_folded
LEFT JOIN team AS t
  ON t.slug_folded = d.group_name_folded
LEFT JOIN entra AS x
  ON x.name_folded = d.group_name_folded
LEFT JOIN was AS b
  ON b.slug_folded = d.group_name_folded
LEFT JOIN gone AS e
  ON e.team_folded = d.group_name_folded
WHERE t.slug_folded IS NULL
  AND x.name_folded IS NULL
  AND (b.slug_folded IS NOT NULL OR e.team_folded IS NOT NULL)
ORDER BY
  resource,
  severity
