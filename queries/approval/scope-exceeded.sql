-- ---
-- id         = "approval/scope-exceeded"
-- title      = "Prefixed Entra groups hold what their approval names"
-- severity   = "medium"
-- population = "approval_in_full"
-- named      = ["account_assignment", "identity_center_group", "permission_set"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2i.1", "AC-6", "AC-6(7)"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.003", "POL.ACP.028"] }
-- ---
-- # Rationale
-- The approval was given for certain accounts and permission sets. What the group
-- holds beyond them was added later, and the signature covers it only as long as
-- nobody compares the two.
-- # Remediation
-- Have the further access approved and name it in the register, or remove the
-- assignment where it is declared.
WITH
  -- A list is split at the item, whole between semicolons: something follows only
  -- where the item is there, because the list ends in a dot.
  held AS (
    SELECT
      a.display_name AS display_name,
      a.group_id AS group_id,
      a.approver AS approver,
      a.ticket AS ticket,
      a.accounts AS accounts,
      a.permission_sets AS permission_sets,
      s.account AS account,
      s.permission_set AS permission_set,
      s.permission_set_folded AS permission_set_folded,
      s.severity AS severity,
      CASE
        WHEN a.accounts_folded IS NULL THEN FALSE
        WHEN SPLIT_PART(
          CONCAT(';', a.accounts_folded, ';.'), CONCAT(';', COALESCE(k.name_folded, s.account), ';'), 2
        ) <> '' THEN FALSE
        WHEN SPLIT_PART(
          CONCAT(';', a.accounts_folded, ';.'), CONCAT(';', COALESCE(k.account_id, s.account), ';'), 2
        ) <> '' THEN FALSE
        ELSE TRUE
      END AS other_account,
      CASE
        WHEN a.permission_sets_folded IS NULL THEN FALSE
        WHEN SPLIT_PART(
          CONCAT(';', a.permission_sets_folded, ';.'), CONCAT(';', COALESCE(s.permission_set_folded, ''), ';'), 2
        ) <> '' THEN FALSE
        ELSE TRUE
      END AS other_permission_set
    FROM approval_in_full AS a
    JOIN identity_center_group AS i
      ON i.display_name_folded = a.display_name_folded
    JOIN assignment AS s
      ON s.ic_group_key = i.ic_group_key
    LEFT JOIN aws_account AS k
      ON k.account_key = s.account_key
  )
SELECT
  CONCAT(h.display_name, '/', h.account, '/', h.permission_set) AS resource,
  h.severity AS severity,
  CASE WHEN h.other_account = FALSE AND h.permission_set_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN h.other_account = FALSE AND h.permission_set_folded IS NULL THEN CONCAT(
      'the name of the permission set ', h.permission_set, ', which ', h.display_name, ' holds on ', h.account,
      ', could not be read, so whether the approval names it cannot be told'
    )
    WHEN h.other_account AND h.other_permission_set THEN CONCAT(
      h.display_name, ' holds ', h.permission_set, ' on ', h.account, ', and its approval names neither'
    )
    WHEN h.other_account THEN CONCAT(
      h.display_name, ' holds ', h.permission_set, ' on ', h.account, ', an account that its approval does not name'
    )
    ELSE CONCAT(
      h.display_name, ' holds ', h.permission_set, ' on ', h.account, ', a permission set that its approval does not name'
    )
  END AS reason,
  h.group_id AS entra_group_id,
  h.account AS account,
  h.permission_set AS permission_set,
  h.accounts AS approved_accounts,
  h.permission_sets AS approved_permission_sets,
  h.approver AS approver,
  h.ticket AS ticket
FROM held AS h
WHERE h.other_account
  OR h.other_permission_set
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it holds more than was approved cannot be told') AS reason,
  n.group_id AS entra_group_id,
  NULL AS account,
  NULL AS permission_set,
  NULL AS approved_accounts,
  NULL AS approved_permission_sets,
  NULL AS approver,
  NULL AS ticket
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
