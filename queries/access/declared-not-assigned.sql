-- ---
-- id         = "access/declared-not-assigned"
-- title      = "Declared access is assigned in Identity Center"
-- severity   = "low"
-- population = "expected_assignment"
-- controls   = { "nist-800-53r5" = ["AC-2f", "CA-7", "CM-3f", "CM-6b"], "iso27001:2022" = ["A.5.36", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- What was agreed in the declaration does not exist: Terraform did not run for the
-- account, failed, or looked the group up before it was there. Somebody cannot do
-- approved work, and the declaration cannot be trusted as a list of access.
-- # Remediation
-- Run the pipeline for the account and read what it says about the group. Take the
-- row out of the declaration when nobody wants the access any more.
WITH
  actual AS (
    SELECT DISTINCT
      a.account_key AS account_key,
      a.permission_set_folded AS permission_set_folded,
      g.display_name_folded AS group_name_folded
    FROM assignment AS a
    JOIN identity_center_group AS g
      ON g.ic_group_key = a.ic_group_key
  ),
  half_known AS (
    SELECT DISTINCT
      a.account_key AS account_key,
      a.permission_set_folded AS permission_set_folded,
      g.display_name_folded AS group_name_folded
    FROM assignment AS a
    LEFT JOIN identity_center_group AS g
      ON g.ic_group_key = a.ic_group_key
    WHERE (a.ic_group_key IS NOT NULL OR a.principal_id IS NULL)
      AND (a.permission_set_folded IS NULL OR g.display_name_folded IS NULL)
  ),
  vague_both AS (
    SELECT account_key
    FROM half_known
    WHERE permission_set_folded IS NULL
      AND group_name_folded IS NULL
  ),
  spelling AS (
    SELECT
      name_folded,
      MIN(name) AS name
    FROM permission_set
    GROUP BY name_folded
  )
SELECT
  CONCAT(d.account, '/', COALESCE(n.name, d.permission_set), '/', d.group_name) AS resource,
  CASE
    WHEN v.account_key IS NULL AND w.account_key IS NULL AND x.account_key IS NULL THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN v.account_key IS NULL AND w.account_key IS NULL AND x.account_key IS NULL THEN CONCAT(
      d.group_name, ' is declared to have ', COALESCE(n.name, d.permission_set), ' on ', d.account,
      ' and nothing assigns it'
    )
    ELSE CONCAT(
      d.group_name, ' is declared to have ', COALESCE(n.name, d.permission_set), ' on ', d.account,
      '; whether it is assigned cannot be told, because an assignment there names a group or a permission set that could not be read'
    )
  END AS reason,
  c.cause AS cause,
  d.account AS account,
  d.permission_set AS permission_set,
  d.group_name AS declared_group,
  d.declared_in AS declared_in
FROM expected_assignment AS d
LEFT JOIN actual AS a
  ON a.account_key = d.account_key
  AND a.permission_set_folded = d.permission_set_folded
  AND a.group_name_folded = d.group_name_folded
LEFT JOIN half_known AS v
  ON v.account_key = d.account_key
  AND v.permission_set_folded = d.permission_set_folded
LEFT JOIN half_known AS w
  ON w.account_key = d.account_key
  AND w.group_name_folded = d.group_name_folded
LEFT JOIN vague_both AS x
  ON x.account_key = d.account_key
LEFT JOIN spelling AS n
  ON n.name_folded = d.permission_set_folded
LEFT JOIN cause_lost_assignment AS c
  ON c.account_key = d.account_key
  AND c.permission_set_folded = d.permission_set_folded
  AND c.group_name_folded = d.group_name_folded
WHERE a.account_key IS NULL
ORDER BY
  resource,
  status,
  declared_in
