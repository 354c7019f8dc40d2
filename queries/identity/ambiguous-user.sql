-- ---
-- id         = "identity/ambiguous-user"
-- title      = "A name or an address belongs to one Identity Center user"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["IA-2", "IA-4b", "IA-4c"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.1", "CC6.2"], "pci-dss-4.0.1" = ["8.2.1"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.001"] }
-- ---
-- # Rationale
-- Syncs and sign-in look users up by name or address, without regard to case. Where two
-- users answer to one, each run may take the other one, and a person who leaves is removed
-- from one of them only.
-- # Remediation
-- Find out which of the users has the memberships and assignments that are wanted, move
-- what is missing to it at its source, and delete the other one.
WITH
  spoken AS (
    SELECT
      ic_user_key,
      user_name_folded AS address_folded
    FROM identity_center_user
    UNION ALL
    SELECT
      ic_user_key,
      email_folded AS address_folded
    FROM identity_center_user
  ),
  held AS (
    SELECT DISTINCT
      ic_user_key,
      address_folded
    FROM spoken
  ),
  shared AS (
    SELECT
      address_folded,
      COUNT(*) AS users
    FROM held
    GROUP BY address_folded
  ),
  spelt AS (
    SELECT
      user_name_folded AS name_folded,
      MIN(user_name) AS first_name,
      MAX(user_name) AS last_name
    FROM identity_center_user
    GROUP BY user_name_folded
  )
SELECT
  h.address_folded AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(CAST(s.users AS STRING), ' Identity Center users have the name or address ', h.address_folded) AS reason,
  CASE WHEN t.first_name <> t.last_name THEN 'case twin' END AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.email AS email,
  u.email_type AS email_type
FROM held AS h
JOIN shared AS s
  ON s.address_folded = h.address_folded
JOIN identity_center_user AS u
  ON u.ic_user_key = h.ic_user_key
JOIN user_severity AS v
  ON v.ic_user_key = h.ic_user_key
LEFT JOIN spelt AS t
  ON t.name_folded = h.address_folded
WHERE s.users > 1
UNION ALL
SELECT
  u.user_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the user name of ', u.user_id, ' could not be read, so whether another user has it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  u.user_id AS identity_center_user_id,
  u.email AS email,
  u.email_type AS email_type
FROM identity_center_user AS u
WHERE u.user_name_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
