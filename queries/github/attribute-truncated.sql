-- ---
-- id         = "github/attribute-truncated"
-- title      = "The teams of a person fit into the session attribute"
-- severity   = "low"
-- population = "github_member"
-- controls   = { "nist-800-53r5" = ["AC-3"], "iso27001:2022" = ["A.8.3"], soc2 = ["CC6.3"], "cis-v8" = ["6.7"] }
-- params     = { maximum_characters = 256, maximum_teams = 30 }
-- ---
-- # Rationale
-- The sign-in hands the slugs of a person's teams to AWS as one attribute, joined
-- by colons and cut to 256 characters, out of the first page of 30 teams. What is
-- cut off gives no access, and which teams that are depends on their order; a slug
-- that is cut in half may be another team's.
-- # Remediation
-- Take the person out of teams that it does not need, or shorten slugs. In the
-- long run let policies ask for the group of Identity Center instead of the
-- attribute.
WITH
  joined AS (
    SELECT
      login_folded,
      MIN(login) AS login,
      COUNT(*) AS teams,
      SUM(LENGTH(slug)) AS letters
    FROM team_person
    WHERE via_slug_folded = slug_folded
      AND login_folded IS NOT NULL
    GROUP BY login_folded
  )
SELECT
  j.login AS resource,
  'fail' AS status,
  CASE
    WHEN j.teams > p.maximum_teams THEN CONCAT(
      j.login, ' is in ', CAST(j.teams AS STRING), ' teams, of which the sign-in reads ',
      CAST(p.maximum_teams AS STRING)
    )
    ELSE CONCAT(
      'the slugs of the ', CAST(j.teams AS STRING), ' teams of ', j.login, ' take ',
      CAST(j.letters + j.teams - 1 AS STRING), ' characters, of which the session attribute keeps ',
      CAST(p.maximum_characters AS STRING)
    )
  END AS reason,
  j.login AS person,
  j.teams AS teams,
  j.letters + j.teams - 1 AS characters
FROM joined AS j
CROSS JOIN param AS p
WHERE j.teams > p.maximum_teams
  OR j.letters + j.teams - 1 > p.maximum_characters
UNION ALL
SELECT DISTINCT
  CONCAT(slug, '/unknown login') AS resource,
  'unknown' AS status,
  CONCAT(
    'the login of a member of the team ', slug, ' could not be read, so whether its teams fit into the session attribute cannot be told'
  ) AS reason,
  NULL AS person,
  NULL AS teams,
  NULL AS characters
FROM team_person
WHERE via_slug_folded = slug_folded
  AND login_folded IS NULL
ORDER BY
  resource,
  status
