-- ---
-- id         = "access/too-many-privileged-accounts"
-- title      = "Nobody is privileged on more accounts than the limit"
-- severity   = "high"
-- population = "privileged_access"
-- named      = ["account_assignment", "identity_center_group", "permission_set"]
-- params     = { maximum_accounts = 10 }
-- controls   = { "nist-800-53r5" = ["AC-2(7)", "AC-6", "AC-6(5)", "AC-6(7)"], "iso27001:2022" = ["A.5.18", "A.8.2"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.4"], "cis-v8" = ["5.4", "6.8"], "moj-acp" = ["POL.ACP.003", "POL.ACP.050"] }
-- ---
-- # Rationale
-- One stolen session reaches every account that its person can change. Access through the
-- groups of access.administrator_allow_list is not counted: they run the platform and are
-- meant to reach all of it.
-- # Remediation
-- Keep the accounts that the person works on, and use a role that is asked for when it is
-- needed for the rest.
WITH
  allowed AS (
    SELECT DISTINCT value_folded
    FROM setting_access_administrator_allow_list
  ),
  counted AS (
    SELECT DISTINCT
      a.user_id AS user_id,
      a.person AS person,
      a.account AS account
    FROM privileged_access AS a
    LEFT JOIN allowed AS l
      ON l.value_folded = a.group_name_folded
    WHERE l.value_folded IS NULL
  ),
  total AS (
    SELECT
      user_id,
      person,
      COUNT(*) AS accounts
    FROM counted
    GROUP BY
      user_id,
      person
  ),
  worth AS (
    SELECT DISTINCT
      user_id,
      severity
    FROM privileged_access
  )
SELECT
  t.person AS resource,
  w.severity AS severity,
  CONCAT(
    t.person, ' is privileged on ', CAST(t.accounts AS STRING), ' accounts, more than ',
    CAST(p.maximum_accounts AS STRING)
  ) AS reason,
  t.person AS person,
  t.user_id AS identity_center_user_id,
  t.accounts AS accounts
FROM total AS t
CROSS JOIN param AS p
JOIN worth AS w
  ON w.user_id = t.user_id
WHERE t.accounts > p.maximum_accounts
ORDER BY
  resource,
  severity,
  identity_center_user_id
