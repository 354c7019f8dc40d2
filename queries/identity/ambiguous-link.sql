-- ---
-- id         = "identity/ambiguous-link"
-- title      = "A GitHub login and an Entra user are linked to one another alone"
-- severity   = "low"
-- population = "login_link"
-- named      = ["entra_user"]
-- controls   = { "nist-800-53r5" = ["IA-2", "IA-4b", "IA-4c"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.1", "CC6.2"], "pci-dss-4.0.1" = ["8.2.1"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.001"] }
-- ---
-- # Rationale
-- Reviews show the person behind a login, and the pre-rotation report counts who gets in
-- another way. A login that stands for two people, or a person with two logins, makes both
-- wrong: one of the links is of somebody who has left, or was never right.
-- # Remediation
-- Ask the person. Remove the wrong row of the identities register, or unlink the single
-- sign-on identity in the settings of the GitHub organisation.
WITH
  linked AS (
    SELECT DISTINCT
      login,
      login_folded,
      entra_user_id,
      entra_address,
      method
    FROM login_link
  ),
  pair AS (
    SELECT DISTINCT
      login_folded,
      entra_user_id
    FROM linked
  ),
  by_login AS (
    SELECT
      login_folded,
      COUNT(*) AS people
    FROM pair
    GROUP BY login_folded
  ),
  by_person AS (
    SELECT
      entra_user_id,
      COUNT(*) AS logins
    FROM pair
    GROUP BY entra_user_id
  ),
  spelt AS (
    SELECT
      login_folded,
      MIN(login) AS login
    FROM linked
    GROUP BY login_folded
  )
SELECT
  s.login AS resource,
  'low' AS severity,
  'fail' AS status,
  CASE
    WHEN a.people > 1 THEN CONCAT('the login ', s.login, ' is linked to ', CAST(a.people AS STRING), ' Entra users')
    ELSE CONCAT(
      'the login ', s.login, ' is linked to ', l.entra_address, ', as are ',
      CAST(b.logins - 1 AS STRING), ' others'
    )
  END AS reason,
  l.entra_address AS person,
  l.entra_user_id AS entra_user_id,
  l.method AS method
FROM linked AS l
JOIN spelt AS s
  ON s.login_folded = l.login_folded
JOIN by_login AS a
  ON a.login_folded = l.login_folded
JOIN by_person AS b
  ON b.entra_user_id = l.entra_user_id
WHERE a.people > 1
  OR b.logins > 1
UNION ALL
SELECT
  i.login AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name id of the single sign-on identity of ', i.login, ' could not be read, so whom it is linked to cannot be told') AS reason,
  NULL AS person,
  NULL AS entra_user_id,
  'SAML name id' AS method
FROM github_saml_identity AS i
WHERE i.login IS NOT NULL
  AND i.name_id_folded IS NULL
ORDER BY
  resource,
  status,
  entra_user_id,
  method
