-- ---
-- id         = "github/team-slug-collides-with-prefix"
-- title      = "No synced GitHub team bears the prefix of the Entra groups"
-- severity   = "low"
-- population = "synced_team"
-- controls   = { "nist-800-53r5" = ["AC-2i.1", "IA-4b"], "iso27001:2022" = ["A.5.15", "A.5.16"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028"] }
-- own_rows   = true
-- ---
-- # Rationale
-- The GitHub sync makes a group of Identity Center out of the team. The Entra sync
-- takes every group with its prefix for its own: it finds no such group in Entra
-- and deletes it, or mixes the members of the two. Whoever may create teams can
-- thereby get into, or break, a group that was approved in Entra.
-- # Remediation
-- Rename the team. When it is not meant for AWS at all, list it in
-- github.ignored_teams, here and in the sync. Then check who is in the Identity
-- Center group of that name.
SELECT
  t.slug AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(
    'the slug of the team ', t.slug, ' begins with ', s.entra_group_prefix,
    ', so that the GitHub sync and the Entra sync both take its Identity Center group for their own'
  ) AS reason,
  t.created_at AS created_at
FROM synced_team AS t
CROSS JOIN setting AS s
JOIN team_severity AS v
  ON v.slug_folded = t.slug_folded
WHERE STARTS_WITH(t.slug_folded, s.entra_group_prefix_folded)
ORDER BY
  resource,
  severity
