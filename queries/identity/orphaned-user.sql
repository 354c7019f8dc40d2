-- ---
-- id         = "identity/orphaned-user"
-- title      = "Identity Center users have a live identity in Entra or GitHub"
-- severity   = "medium"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2(3)(b)", "AC-2h", "AC-2l", "PS-4a"], "iso27001:2022" = ["A.5.16", "A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "cis-aws-7.0.0" = ["2.19"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- ---
-- # Rationale
-- The person is gone from the system that the user was copied from, and the user is
-- still there, with whatever access it has. The type of the address tells which
-- sync made the user, and keeps the other one from deleting it.
-- # Remediation
-- Delete the Identity Center user, unless it serves a purpose that somebody can
-- name. Find out why the sync did not.
WITH
  github AS (
    SELECT DISTINCT CONCAT(m.login_folded, s.identity_center_github_suffix_folded) AS name_folded
    FROM github_member AS m
    CROSS JOIN setting AS s
    WHERE m.login_folded IS NOT NULL
  )
SELECT
  COALESCE(u.user_name, u.user_id) AS resource,
  v.severity AS severity,
  CASE
    WHEN u.email_type_folded IS NULL OR u.user_name_folded IS NULL THEN 'unknown'
    WHEN u.email_type_folded = s.identity_center_entra_email_type_folded AND n.unread > 0 THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN u.user_name_folded IS NULL THEN CONCAT(
      'the user name of ', u.user_id, ' could not be read, so whether a source has it cannot be told'
    )
    WHEN u.email_type_folded = s.identity_center_entra_email_type_folded AND n.unread > 0 THEN CONCAT(
      u.user_name,
      ' was copied from Entra; whether a user there has that address cannot be told, because the names of some could not be read'
    )
    WHEN u.email_type_folded IS NULL THEN CONCAT(
      u.user_name,
      ' has no address type and not both of Entra and GitHub have that name, so whether the source that should have it does cannot be told'
    )
    WHEN u.email_type_folded = s.identity_center_entra_email_type_folded THEN CONCAT(
      u.user_name, ' was copied from Entra, where no undeleted user has that address'
    )
    ELSE CONCAT(
      u.user_name, ' was copied from GitHub, where no member of the organisation has that login'
    )
  END AS reason,
  c.cause AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
CROSS JOIN setting AS s
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS unread
  FROM entra_user
  WHERE deleted_at IS NULL
    AND COALESCE(address_folded, mail_folded, user_principal_name_folded) IS NULL
) AS n
LEFT JOIN cause_orphaned_user AS c
  ON c.ic_user_key = u.ic_user_key
LEFT JOIN entra_address AS e
  ON e.address_folded = u.user_name_folded
LEFT JOIN github AS g
  ON g.name_folded = u.user_name_folded
WHERE (u.email_type_folded = s.identity_center_entra_email_type_folded AND e.address_folded IS NULL)
  OR (u.email_type_folded = s.identity_center_github_email_type_folded AND g.name_folded IS NULL)
  OR (u.email_type_folded IS NULL AND (e.address_folded IS NULL OR g.name_folded IS NULL))
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
