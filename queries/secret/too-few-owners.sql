-- ---
-- id         = "secret/too-few-owners"
-- title      = "Applications have at least two owners who can sign in"
-- severity   = "medium"
-- population = "own_application"
-- optional   = ["registered_secret"]
-- params     = { minimum_owners = 2 }
-- controls   = { "nist-800-53r5" = ["AC-2b"], "iso27001:2022" = ["A.5.9"], soc2 = ["CC6.1"], "cis-v8" = ["5.5"] }
-- ---
-- # Rationale
-- Owners are told before a credential expires, and only they can rotate it. With one,
-- a holiday is enough for sign-in to stop; with none, nobody is told.
-- # Remediation
-- Add people of the team that runs the application as owners, and take out those who
-- have left.
WITH
  owned AS (
    SELECT
      o.application_key AS application_key,
      COUNT(CASE WHEN u.account_enabled = TRUE AND u.deleted_at IS NULL THEN 1 END) AS able,
      COUNT(
        CASE
          WHEN u.user_id IS NOT NULL AND u.deleted_at IS NULL AND u.account_enabled IS NULL THEN 1
          WHEN u.user_id IS NULL AND COALESCE(o.owner_type, 'user') = 'user' THEN 1
        END
      ) AS unsure,
      COUNT(*) AS owners
    FROM entra_application_owner AS o
    LEFT JOIN entra_user AS u
      ON u.user_key = o.user_key
    GROUP BY o.application_key
  )
SELECT
  a.application AS resource,
  CASE WHEN n.able + n.unsure >= p.minimum_owners THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN n.able + n.unsure >= p.minimum_owners THEN CONCAT(
      'whether ', CAST(p.minimum_owners AS STRING), ' owners of ', a.application, ' can sign in could not be read'
    )
    ELSE CONCAT(
      a.application, ' has ', CAST(COALESCE(n.able, 0) AS STRING), ' owners who can sign in, fewer than ',
      CAST(p.minimum_owners AS STRING)
    )
  END AS reason,
  a.registered_secret AS registered_secret,
  COALESCE(n.owners, 0) AS owners,
  COALESCE(n.able, 0) AS enabled_owners
FROM own_application AS a
CROSS JOIN param AS p
LEFT JOIN owned AS n
  ON n.application_key = a.application_key
WHERE COALESCE(n.able, 0) < p.minimum_owners
ORDER BY
  resource,
  status,
  registered_secret
