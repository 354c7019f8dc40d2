-- ---
-- id         = "github/team-empty-or-single"
-- title      = "GitHub teams with access to AWS have at least two members"
-- severity   = "low"
-- population = "synced_team"
-- named      = ["account_assignment", "identity_center_group"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2j"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.035"] }
-- params     = { minimum_members = 2 }
-- own_rows   = true
-- ---
-- # Rationale
-- Access that is declared for a team is one person's, or nobody's and free for
-- whoever is added next. With one member left nobody else can answer a review, and
-- when that person leaves the access stays with an empty name.
-- # Remediation
-- Ask the maintainer of the team whether the access is still needed. Remove the
-- declaration when it is not; otherwise add a second member, or move the work to a
-- team that has some.
WITH
  known AS (
    SELECT
      team_key,
      COUNT(*) AS members
    FROM (
      SELECT DISTINCT
        team_key,
        login_folded
      FROM team_person
      WHERE login_folded IS NOT NULL
    ) AS person_of_team
    GROUP BY team_key
  ),
  unread AS (
    SELECT
      team_key,
      COUNT(*) AS members
    FROM team_person
    WHERE login_folded IS NULL
    GROUP BY team_key
  )
SELECT
  t.slug AS resource,
  v.severity AS severity,
  CASE
    WHEN COALESCE(k.members, 0) + u.members >= p.minimum_members THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN COALESCE(k.members, 0) + u.members >= p.minimum_members THEN CONCAT(
      'logins of members of the team ', t.slug, ' could not be read, so whether it has at least ',
      CAST(p.minimum_members AS STRING), ' members cannot be told'
    )
    WHEN COALESCE(k.members, 0) + COALESCE(u.members, 0) = 0 THEN CONCAT(
      'the team ', t.slug, ' has access to AWS and no member'
    )
    WHEN COALESCE(k.members, 0) + COALESCE(u.members, 0) = 1 THEN CONCAT(
      'the team ', t.slug, ' has access to AWS and a single member'
    )
    ELSE CONCAT(
      'the team ', t.slug, ' has access to AWS and fewer than ', CAST(p.minimum_members AS STRING), ' members'
    )
  END AS reason,
  COALESCE(k.members, 0) AS known_members,
  t.created_at AS created_at
FROM synced_team AS t
CROSS JOIN param AS p
JOIN team_severity AS v
  ON v.slug_folded = t.slug_folded
LEFT JOIN known AS k
  ON k.team_key = t.team_key
LEFT JOIN unread AS u
  ON u.team_key = t.team_key
WHERE v.severity <> 'low'
  AND COALESCE(k.members, 0) < p.minimum_members
ORDER BY
  resource,
  severity
