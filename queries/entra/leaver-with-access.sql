-- ---
-- id         = "entra/leaver-with-access"
-- title      = "People who have left have no path to AWS"
-- severity   = "medium"
-- population = "entra_user"
-- named      = ["entra_user"]
-- controls   = { "nist-800-53r5" = ["AC-2(3)(b)", "AC-2h", "AC-2l", "PS-4a"], "iso27001:2022" = ["A.5.16", "A.5.18", "A.6.5"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["8.2.4", "8.2.5"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032", "POL.ACP.056"] }
-- ---
-- # Rationale
-- The day on which somebody leaves is known to Entra, and the access goes on: the
-- groups still list the person, or Identity Center does after the account was
-- deleted. The sync reads neither that date nor the deleted items.
-- # Remediation
-- Take the person out of every prefixed group, as member and as owner, and delete
-- the Identity Center user if the next run of the sync has not. Where no user has a
-- leave date, have personnel records write employeeLeaveDateTime.
WITH
  account AS (
    SELECT
      u.user_id AS user_id,
      u.user_key AS user_key,
      u.user_principal_name AS user_principal_name,
      COALESCE(u.address, u.mail, u.user_principal_name) AS address,
      COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded) AS address_folded,
      u.leave_at AS leave_at,
      u.deleted_at AS deleted_at
    FROM entra_user AS u
    CROSS JOIN param AS p
    WHERE u.deleted_at IS NULL
      AND u.leave_at < p.as_of
    UNION ALL
    -- Entra writes the object id before the name of whoever is deleted.
    SELECT
      u.user_id AS user_id,
      u.user_key AS user_key,
      u.user_principal_name AS user_principal_name,
      CASE
        WHEN starts_with(u.user_principal_name_folded, replace(u.user_id, '-', ''))
          THEN substr(COALESCE(u.address, u.user_principal_name), length(replace(u.user_id, '-', '')) + 1)
        ELSE COALESCE(u.address, u.mail, u.user_principal_name)
      END AS address,
      CASE
        WHEN starts_with(u.user_principal_name_folded, replace(u.user_id, '-', ''))
          THEN substr(COALESCE(u.address_folded, u.user_principal_name_folded), length(replace(u.user_id, '-', '')) + 1)
        ELSE COALESCE(u.address_folded, u.mail_folded, u.user_principal_name_folded)
      END AS address_folded,
      u.leave_at AS leave_at,
      u.deleted_at AS deleted_at
    FROM entra_user AS u
    WHERE u.deleted_at IS NOT NULL
  ),
  -- An address that went to a new account belongs to the one who has it now.
  leaver AS (
    SELECT
      a.user_id AS user_id,
      a.user_key AS user_key,
      a.user_principal_name AS user_principal_name,
      a.address AS address,
      a.address_folded AS address_folded,
      a.leave_at AS leave_at,
      a.deleted_at AS deleted_at
    FROM account AS a
    LEFT JOIN entra_address AS p
      ON p.address_folded = a.address_folded
    WHERE a.deleted_at IS NULL
      OR p.address_folded IS NULL
  ),
  access AS (
    SELECT DISTINCT
      l.user_id AS user_id,
      CASE WHEN g.via = 'owner' THEN 'an owner of a prefixed group' ELSE 'a member of a prefixed group' END AS path
    FROM leaver AS l
    JOIN entra_group_person AS g
      ON g.person_id = l.user_id
    UNION ALL
    SELECT DISTINCT
      l.user_id AS user_id,
      'in an Identity Center group' AS path
    FROM leaver AS l
    JOIN identity_center_user AS i
      ON i.user_name_folded = l.address_folded
    JOIN identity_center_membership AS m
      ON m.ic_user_key = i.ic_user_key
    UNION ALL
    SELECT DISTINCT
      l.user_id AS user_id,
      'assigned an account in person' AS path
    FROM leaver AS l
    JOIN identity_center_user AS i
      ON i.user_name_folded = l.address_folded
    JOIN account_assignment AS s
      ON s.ic_user_key = i.ic_user_key
  ),
  worth AS (
    SELECT
      l.user_id AS user_id,
      v.severity AS severity
    FROM leaver AS l
    JOIN identity_center_user AS i
      ON i.user_name_folded = l.address_folded
    JOIN user_severity AS v
      ON v.ic_user_key = i.ic_user_key
    UNION ALL
    SELECT
      user_id,
      'low' AS severity
    FROM leaver
  )
SELECT
  COALESCE(l.address, l.user_id) AS resource,
  w.severity AS severity,
  'fail' AS status,
  CONCAT(
    COALESCE(l.address, l.user_id),
    CASE WHEN l.deleted_at IS NULL THEN ' has left by the date in Entra' ELSE ' is deleted in Entra' END,
    ' and is still ', a.path
  ) AS reason,
  l.address AS person,
  l.user_principal_name AS user_principal_name,
  a.path AS path,
  l.leave_at AS leave_at,
  l.deleted_at AS deleted_at
FROM leaver AS l
JOIN access AS a
  ON a.user_id = l.user_id
JOIN worth AS w
  ON w.user_id = l.user_id
UNION ALL
SELECT DISTINCT
  COALESCE(l.address, l.user_id) AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    COALESCE(l.address, l.user_id),
    ' has left by the date in Entra and is in an Entra group whose name could not be read, so whether that gives access cannot be told'
  ) AS reason,
  l.address AS person,
  l.user_principal_name AS user_principal_name,
  'in a group without a name' AS path,
  l.leave_at AS leave_at,
  l.deleted_at AS deleted_at
FROM leaver AS l
JOIN (
  SELECT e.user_key AS user_key
  FROM entra_group_member AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
  UNION ALL
  SELECT e.user_key AS user_key
  FROM entra_group_owner AS e
  JOIN nameless_group AS n
    ON n.group_key = e.group_key
) AS e
  ON e.user_key = l.user_key
WHERE l.deleted_at IS NULL
UNION ALL
SELECT
  i.user_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the user name of ', i.user_id, ' in Identity Center could not be read, so whether its person has left cannot be told'
  ) AS reason,
  NULL AS person,
  NULL AS user_principal_name,
  'in an Identity Center group' AS path,
  NULL AS leave_at,
  NULL AS deleted_at
FROM identity_center_user AS i
JOIN (
  SELECT DISTINCT ic_user_key
  FROM identity_center_membership
) AS m
  ON m.ic_user_key = i.ic_user_key
WHERE i.user_name_folded IS NULL
UNION ALL
SELECT
  'employeeLeaveDateTime' AS resource,
  'low' AS severity,
  'unknown' AS status,
  'no user of the tenant has a leave date, so who has left and is not deleted cannot be told' AS reason,
  NULL AS person,
  NULL AS user_principal_name,
  'in a prefixed group' AS path,
  NULL AS leave_at,
  NULL AS deleted_at
FROM (
  SELECT DISTINCT
    COUNT(*) AS users,
    COUNT(leave_at) AS dated
  FROM entra_user
) AS c
WHERE c.users > 0
  AND c.dated = 0
ORDER BY
  resource,
  status,
  path,
  severity,
  deleted_at
