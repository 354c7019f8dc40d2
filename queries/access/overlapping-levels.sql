-- ---
-- id         = "access/overlapping-levels"
-- title      = "A group holds no permission set beside one that includes it"
-- severity   = "low"
-- population = "account_assignment"
-- named      = ["account_assignment"]
-- params     = { everything = "arn:aws:iam::aws:policy/AdministratorAccess" }
-- controls   = { "nist-800-53r5" = ["AC-6", "AC-6(7)"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.4"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.003", "POL.ACP.035"] }
-- ---
-- # Rationale
-- Everything that the smaller permission set allows, the larger one allows as well: it
-- was left behind when the level was raised, or the level was raised where it should have
-- been replaced. A permission set includes another one when it allows everything, or has
-- every policy of the other one, and is not bounded.
-- # Remediation
-- Keep the permission set that the work needs, and take the other row out of the
-- declaration.
WITH
  policy AS (
    SELECT DISTINCT
      permission_set_key,
      policy
    FROM permission_set_policy
  ),
  attached AS (
    SELECT
      permission_set_key,
      COUNT(*) AS policies
    FROM policy
    GROUP BY permission_set_key
  ),
  shared AS (
    SELECT
      inner_key,
      outer_key,
      COUNT(*) AS policies
    FROM (
      SELECT
        i.permission_set_key AS inner_key,
        o.permission_set_key AS outer_key
      FROM policy AS i
      JOIN policy AS o
        ON o.policy = i.policy
    ) AS pair
    GROUP BY
      inner_key,
      outer_key
  ),
  everything AS (
    SELECT DISTINCT w.permission_set_key AS outer_key
    FROM policy AS w
    CROSS JOIN param AS p
    WHERE w.policy = p.everything
  ),
  inclusion AS (
    SELECT DISTINCT
      inner_key,
      outer_key
    FROM (
      SELECT
        s.inner_key AS inner_key,
        s.outer_key AS outer_key
      FROM shared AS s
      JOIN attached AS n
        ON n.permission_set_key = s.inner_key
      JOIN permission_set AS i
        ON i.permission_set_key = s.inner_key
      JOIN permission_set AS o
        ON o.permission_set_key = s.outer_key
      WHERE s.policies = n.policies
        AND o.boundary IS NULL
        AND (i.inline_policy IS NULL OR i.inline_policy = o.inline_policy)
      UNION ALL
      SELECT
        i.permission_set_key AS inner_key,
        e.outer_key AS outer_key
      FROM permission_set AS i
      CROSS JOIN everything AS e
      JOIN permission_set AS o
        ON o.permission_set_key = e.outer_key
      WHERE o.boundary IS NULL
    ) AS every_inclusion
    WHERE inner_key <> outer_key
  )
SELECT
  CONCAT(a.account, '/', a.group_label) AS resource,
  CONCAT(
    a.group_label, ' has ', a.permission_set, ' on ', a.account, ' beside ', b.permission_set, ', which includes it'
  ) AS reason,
  a.account AS account,
  a.permission_set AS permission_set,
  b.permission_set AS including_permission_set,
  a.group_name AS identity_center_group
FROM group_assignment AS a
JOIN inclusion AS n
  ON n.inner_key = a.permission_set_key
JOIN group_assignment AS b
  ON b.ic_group_key = a.ic_group_key
  AND b.account_key = a.account_key
  AND b.permission_set_key = n.outer_key
ORDER BY
  resource,
  permission_set,
  including_permission_set
