-- ---
-- id         = "access/provisioned-without-assignment"
-- title      = "Permission sets are provisioned only where somebody is assigned"
-- severity   = "low"
-- population = "permission_set_provisioning"
-- controls   = { "nist-800-53r5" = ["AC-6", "AC-6(7)(b)"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032"] }
-- ---
-- # Rationale
-- AWS takes the role out of an account with the last assignment. Where it stayed,
-- the removal failed, or somebody changed the role in the account. Nobody can sign in
-- with it today, but it keeps its policies, stands in no review, and whatever was
-- added to it in the account is there for whoever is assigned next.
-- # Remediation
-- Look at what was changed in the role in the account, undo it, and assign and
-- remove the permission set once more, so that AWS takes the role away.
WITH
  -- What is missing from the snapshot has no key to compare: it is told by its id.
  keyless AS (
    SELECT
      COALESCE(c.account_id, p.account_id) AS account_id,
      COALESCE(SPLIT_PART(s.arn, '/', 3), p.permission_set_id) AS permission_set_id,
      COALESCE(c.label, p.account_id) AS account,
      COALESCE(s.name, s.arn, p.permission_set_id) AS permission_set,
      s.privileged AS privileged,
      c.production AS production,
      c.state AS account_state
    FROM permission_set_provisioning AS p
    LEFT JOIN aws_account AS c
      ON c.account_key = p.account_key
    LEFT JOIN permission_set AS s
      ON s.permission_set_key = p.permission_set_key
    WHERE p.account_key IS NULL
      OR p.permission_set_key IS NULL
  )
SELECT
  CONCAT(c.label, '/', COALESCE(s.name, s.arn)) AS resource,
  'low' AS severity,
  'fail' AS status,
  CONCAT(COALESCE(s.name, s.arn), ' is provisioned to ', c.label, ' and nobody is assigned it there') AS reason,
  c.label AS account,
  COALESCE(s.name, s.arn) AS permission_set,
  s.privileged AS privileged,
  c.production AS production,
  c.state AS account_state
FROM permission_set_provisioning AS p
JOIN aws_account AS c
  ON c.account_key = p.account_key
JOIN permission_set AS s
  ON s.permission_set_key = p.permission_set_key
LEFT JOIN (
  SELECT DISTINCT
    account_key,
    permission_set_key
  FROM account_assignment
) AS a
  ON a.account_key = p.account_key
  AND a.permission_set_key = p.permission_set_key
WHERE a.account_key IS NULL
UNION ALL
SELECT
  CONCAT(COALESCE(k.account, 'unknown account'), '/', COALESCE(k.permission_set, 'unknown permission set')) AS resource,
  'low' AS severity,
  CASE WHEN k.account IS NULL OR k.permission_set IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN k.account IS NULL THEN CONCAT(
      'the account that ', COALESCE(k.permission_set, 'a permission set'),
      ' is provisioned to could not be read, so whether anybody is assigned it there cannot be told'
    )
    WHEN k.permission_set IS NULL THEN CONCAT(
      'a permission set that is provisioned to ', k.account,
      ' could not be read, so whether anybody is assigned it there cannot be told'
    )
    ELSE CONCAT(k.permission_set, ' is provisioned to ', k.account, ' and nobody is assigned it there')
  END AS reason,
  k.account AS account,
  k.permission_set AS permission_set,
  k.privileged AS privileged,
  k.production AS production,
  k.account_state AS account_state
FROM keyless AS k
LEFT JOIN keyless_assignment AS a
  ON a.account_id = k.account_id
  AND a.permission_set_id = k.permission_set_id
WHERE a.account_id IS NULL
ORDER BY
  resource,
  status,
  reason
