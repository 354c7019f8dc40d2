-- ---
-- id         = "identity/suspended-with-membership"
-- title      = "Disabled Identity Center users are in no group"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-2l"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.041"] }
-- ---
-- # Rationale
-- Somebody disabled the user and left it in its groups. Whoever enables it again gives
-- all of the access back at once, and no sync looks at the status.
-- # Remediation
-- Take the person out of the groups at their source, in Entra or GitHub, and let the sync
-- delete the user.
WITH
  told AS (
    SELECT DISTINCT
      COUNT(*) AS users,
      COUNT(status) AS stated
    FROM identity_center_user
  ),
  member AS (
    SELECT
      ic_user_key,
      COUNT(*) AS group_count
    FROM identity_center_membership
    GROUP BY ic_user_key
  )
SELECT
  COALESCE(u.user_name, u.user_id) AS resource,
  v.severity AS severity,
  CASE WHEN u.status IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN u.status IS NULL THEN CONCAT(
      'whether ', COALESCE(u.user_name, u.user_id), ', who is in ', CAST(m.group_count AS STRING),
      ' groups, is enabled in Identity Center could not be read'
    )
    ELSE CONCAT(
      COALESCE(u.user_name, u.user_id), ' is disabled in Identity Center and in ', CAST(m.group_count AS STRING), ' groups'
    )
  END AS reason,
  c.cause AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.status AS user_status,
  m.group_count AS group_count
FROM identity_center_user AS u
JOIN member AS m
  ON m.ic_user_key = u.ic_user_key
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
CROSS JOIN told AS t
LEFT JOIN cause_disabled_user AS c
  ON c.ic_user_key = u.ic_user_key
WHERE t.stated > 0
  AND (u.status IS DISTINCT FROM 'ENABLED')
UNION ALL
SELECT
  'UserStatus' AS resource,
  'low' AS severity,
  'unknown' AS status,
  'no Identity Center user has a status, so which of them are disabled cannot be told: the interface did not say' AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS identity_center_user_id,
  NULL AS user_status,
  NULL AS group_count
FROM told AS t
WHERE t.users > 0
  AND t.stated = 0
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
