-- ---
-- id         = "access/application-assignment"
-- title      = "Applications are assigned to groups with an approval in force"
-- severity   = "medium"
-- population = "application_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2i.1"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.007", "POL.ACP.028"] }
-- ---
-- # Rationale
-- A review of accounts and permission sets does not show who may use an application
-- of Identity Center, and no declaration names one. What is left that somebody decided
-- is the approval of the group, so an assignment is outside any review when it is made
-- to a user, to a principal that is gone, or to a group without a record in the
-- approvals register that is in force. A record that is limited covers an application
-- only when it names the account of the application among its accounts, and the
-- application among its permission sets.
-- # Remediation
-- Have the group's use of the application approved and recorded, or take the
-- assignment away. Put people whom an application is assigned to in person into a group.
WITH
  -- The newest record decides, then the last line of the register.
  decided AS (
    SELECT
      ic_group_key,
      approver,
      ticket,
      approved_at,
      expires_at,
      accounts_folded,
      permission_sets_folded
    FROM (
      SELECT
        v.ic_group_key AS ic_group_key,
        r.approver AS approver,
        r.ticket AS ticket,
        r.approved_at AS approved_at,
        r.expires_at AS expires_at,
        r.accounts_folded AS accounts_folded,
        r.permission_sets_folded AS permission_sets_folded,
        ROW_NUMBER() OVER (
          PARTITION BY v.ic_group_key
          ORDER BY
            CASE WHEN r.approved_at IS NULL THEN 0 ELSE 1 END DESC,
            r.approved_at DESC,
            r.line DESC
        ) AS place
      FROM identity_center_group_approval AS v
      JOIN approved_group AS r
        ON r.line = v.line
    ) AS ranked
    WHERE place = 1
  ),
  named AS (
    SELECT DISTINCT display_name_folded
    FROM prefixed_group
  ),
  -- A list is split at the item, whole between semicolons, as in approval/scope-exceeded.
  looked_at AS (
    SELECT
      a.application AS application,
      a.application_status AS application_status,
      a.account AS account,
      a.principal AS principal,
      a.principal_type AS principal_type,
      a.principal_id AS principal_id,
      a.user_name AS user_name,
      a.severity AS severity,
      d.approver AS approver,
      d.ticket AS ticket,
      d.approved_at AS approved_at,
      d.expires_at AS expires_at,
      CASE
        WHEN d.accounts_folded IS NULL THEN 'named'
        WHEN SPLIT_PART(
          CONCAT(';', d.accounts_folded, ';.'), CONCAT(';', COALESCE(a.account_id, a.account, ''), ';'), 2
        ) <> '' THEN 'named'
        WHEN a.account_folded IS NULL THEN 'unread'
        WHEN SPLIT_PART(
          CONCAT(';', d.accounts_folded, ';.'), CONCAT(';', a.account_folded, ';'), 2
        ) <> '' THEN 'named'
        ELSE 'other'
      END AS on_account,
      CASE
        WHEN d.permission_sets_folded IS NULL THEN 'named'
        WHEN a.application_folded IS NULL THEN 'unread'
        WHEN SPLIT_PART(
          CONCAT(';', d.permission_sets_folded, ';.'), CONCAT(';', a.application_folded, ';'), 2
        ) <> '' THEN 'named'
        ELSE 'other'
      END AS for_application,
      CASE
        WHEN a.ic_user_key IS NOT NULL THEN 'user'
        WHEN a.ic_group_key IS NULL AND a.principal_id IS NULL THEN 'unread principal'
        WHEN a.ic_group_key IS NULL THEN 'gone'
        WHEN a.group_name_folded IS NULL THEN 'unread group'
        WHEN e.display_name_folded IS NULL AND u.unread > 0 AND a.prefixed = TRUE THEN 'unread group'
        WHEN d.ic_group_key IS NULL THEN 'no record'
        WHEN d.expires_at < p.as_of THEN 'over'
        WHEN d.expires_at IS NULL AND d.approved_at < s.approval_valid_days_cutoff THEN 'over'
        WHEN d.expires_at IS NULL AND d.approved_at IS NULL THEN 'undated'
        ELSE 'in force'
      END AS found
    FROM application_access AS a
    CROSS JOIN setting AS s
    CROSS JOIN param AS p
    CROSS JOIN (SELECT DISTINCT COUNT(*) AS unread FROM nameless_group) AS u
    LEFT JOIN decided AS d
      ON d.ic_group_key = a.ic_group_key
    LEFT JOIN named AS e
      ON e.display_name_folded = a.group_name_folded
  )
SELECT
  CONCAT(l.application, '/', l.principal) AS resource,
  CASE WHEN l.found = 'gone' THEN 'low' ELSE l.severity END AS severity,
  CASE
    WHEN l.found IN ('unread principal', 'unread group', 'undated') THEN 'unknown'
    WHEN l.found = 'in force' AND l.on_account <> 'other' AND l.for_application <> 'other' THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE l.found
    WHEN 'user' THEN CONCAT(l.principal, ' may use ', l.application, ' by an assignment of its own, which no approval of a group covers')
    WHEN 'gone' THEN CONCAT(l.application, ' is assigned to ', l.principal, ', which does not exist in Identity Center')
    WHEN 'no record' THEN CONCAT(l.principal, ' may use ', l.application, ' and has no record in the approvals register')
    WHEN 'over' THEN CONCAT(l.principal, ' may use ', l.application, ' and its approval is no longer in force')
    WHEN 'undated' THEN CONCAT(
      l.principal, ' may use ', l.application,
      ' and its approval carries neither a date nor an end, so whether it is in force cannot be told'
    )
    WHEN 'unread principal' THEN CONCAT(
      'whom ', l.application, ' is assigned to could not be read, so whether an approval covers it cannot be told'
    )
    WHEN 'unread group' THEN CONCAT(
      l.principal, ' may use ', l.application,
      ', and not every name of a group could be read, so whether an approval covers it cannot be told'
    )
    ELSE CASE
      WHEN l.on_account <> 'other' AND l.for_application <> 'other' THEN CONCAT(
        l.principal, ' may use ', l.application,
        ', whose name or account could not be read, so whether its approval names them cannot be told'
      )
      WHEN l.for_application <> 'other' THEN CONCAT(
        l.principal, ' may use ', l.application, ', which belongs to an account that its approval does not name'
      )
      ELSE CONCAT(l.principal, ' may use ', l.application, ', which its approval does not name')
    END
  END AS reason,
  l.account AS account,
  l.user_name AS person,
  l.application AS application,
  l.application_status AS application_status,
  l.principal_type AS principal_type,
  l.principal_id AS principal_id,
  l.approver AS approver,
  l.ticket AS ticket,
  l.approved_at AS approved_at,
  l.expires_at AS expires_at
FROM looked_at AS l
WHERE l.found <> 'in force'
  OR l.on_account <> 'named'
  OR l.for_application <> 'named'
ORDER BY
  resource,
  status,
  severity,
  principal_id
