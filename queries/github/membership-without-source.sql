-- ---
-- id         = "github/membership-without-source"
-- title      = "Identity Center memberships of team groups rest on membership of the GitHub team"
-- severity   = "medium"
-- population = "team_membership"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "AC-2h", "AC-2l", "PS-4a", "PS-5"], "iso27001:2022" = ["A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- optional   = ["github_audit_event"]
-- ---
-- # Rationale
-- The person has left the team, and its child teams, and keeps its access to AWS:
-- the leaver who keeps access.
-- # Remediation
-- Remove the membership in Identity Center, and find out why the sync did not.
-- When the access is wanted, add the person to the team instead.
WITH
  source AS (
    SELECT DISTINCT
      slug_folded,
      user_name_folded
    FROM team_person
  ),
  doubt AS (
    SELECT DISTINCT slug_folded
    FROM team_person
    WHERE login IS NULL
  ),
  removed AS (
    SELECT
      slug_folded,
      user_name_folded,
      MAX(occurred_at) AS removed_at
    FROM (
      SELECT
        t.slug_folded AS slug_folded,
        CONCAT(e.user_folded, s.identity_center_github_suffix_folded) AS user_name_folded,
        e.occurred_at AS occurred_at
      FROM github_audit_event AS e
      JOIN github_team AS v
        ON v.slug_folded = e.team_folded
      JOIN github_team_ancestor AS a
        ON a.team_key = v.team_key
      JOIN github_team AS t
        ON t.team_key = a.ancestor_key
      CROSS JOIN setting AS s
      WHERE e.action = 'team.remove_member'
        AND e.user_folded IS NOT NULL
    ) AS event
    GROUP BY
      slug_folded,
      user_name_folded
  ),
  gone AS (
    SELECT
      CONCAT(e.user_folded, s.identity_center_github_suffix_folded) AS user_name_folded,
      MAX(e.occurred_at) AS gone_at
    FROM github_audit_event AS e
    CROSS JOIN setting AS s
    WHERE e.action = 'org.remove_member'
      AND e.user_folded IS NOT NULL
    GROUP BY CONCAT(e.user_folded, s.identity_center_github_suffix_folded)
  ),
  was_source AS (
    SELECT DISTINCT
      slug_folded,
      user_name_folded
    FROM baseline_team_person
  ),
  was_target AS (
    SELECT DISTINCT
      group_id,
      user_id
    FROM baseline_person
  )
SELECT
  CONCAT(m.slug, '/', COALESCE(m.user_name, m.ic_user_id)) AS resource,
  v.severity AS severity,
  CASE WHEN q.slug_folded IS NULL AND m.user_name_folded IS NOT NULL THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN m.user_name_folded IS NULL THEN CONCAT(
      'the user name of ', m.ic_user_id, ' in the Identity Center group ', m.group_name,
      ' could not be read, so whether it is in the team cannot be told'
    )
    WHEN q.slug_folded IS NULL THEN CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      ' and neither in the team ', m.slug, ' nor in a child team of it'
    )
    ELSE CONCAT(
      m.user_name, ' is in the Identity Center group ', m.group_name,
      '; whether in the team ', m.slug, ' too cannot be told, because logins of its members could not be read'
    )
  END AS reason,
  m.user_name AS person,
  m.group_name AS identity_center_group,
  m.membership_created_at AS membership_created_at
FROM team_membership AS m
JOIN group_severity AS v
  ON v.ic_group_key = m.ic_group_key
CROSS JOIN github_grace AS grace
LEFT JOIN source AS s
  ON s.slug_folded = m.slug_folded
  AND s.user_name_folded = m.user_name_folded
LEFT JOIN doubt AS q
  ON q.slug_folded = m.slug_folded
LEFT JOIN removed AS r
  ON r.slug_folded = m.slug_folded
  AND r.user_name_folded = m.user_name_folded
LEFT JOIN gone AS d
  ON d.user_name_folded = m.user_name_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = m.slug_folded
  AND ws.user_name_folded = m.user_name_folded
LEFT JOIN was_target AS wt
  ON wt.group_id = m.ic_group_id
  AND wt.user_id = m.ic_user_id
WHERE s.user_name_folded IS NULL
  AND NOT COALESCE(m.membership_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.user_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.ic_group_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(m.team_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(r.removed_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(d.gone_at >= grace.grace_cutoff, FALSE)
  AND (grace.baseline_fits = FALSE OR (wt.user_id IS NOT NULL AND ws.user_name_folded IS NULL))
UNION ALL
SELECT
  o.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so what its memberships rest on cannot be told') AS reason,
  NULL AS person,
  NULL AS identity_center_group,
  o.created_at AS membership_created_at
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  severity,
  membership_created_at
