-- ---
-- id         = "access/account-undeclared"
-- title      = "Accounts and declarations match"
-- severity   = "low"
-- population = "aws_account"
-- optional   = ["declared_account"]
-- controls   = { "nist-800-53r5" = ["AC-2d", "CM-8a.1", "CM-8a.2"], "iso27001:2022" = ["A.5.9", "A.5.15"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["7.2.4"], "cis-v8" = ["6.8"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- An account that no declaration covers has no owner in the records, and nobody reviews
-- who reaches it. A declaration without an account was left behind, or is misspelt and
-- gives access to nothing.
-- # Remediation
-- Declare the account with its owner. Take a declaration out whose account was closed, or
-- correct its name.
WITH
  covered AS (
    SELECT DISTINCT account_key
    FROM account_declaration
  ),
  declared_name AS (
    SELECT
      account_folded,
      MIN(account) AS account,
      MIN(source) AS declared_in
    FROM account_declaration
    WHERE account_key IS NULL
      AND account_folded IS NOT NULL
    GROUP BY account_folded
  ),
  known AS (
    SELECT DISTINCT known_folded
    FROM (
      SELECT name_folded AS known_folded FROM aws_account
      UNION ALL
      SELECT account_id AS known_folded FROM aws_account
    ) AS every_name
  ),
  nameless AS (
    SELECT DISTINCT COUNT(*) AS unread
    FROM aws_account
    WHERE name_folded IS NULL
  ),
  held AS (
    SELECT DISTINCT
      account_key,
      severity
    FROM assignment
  )
SELECT
  c.label AS resource,
  h.severity AS severity,
  CASE WHEN c.name_folded IS NULL OR n.account_folded IS NOT NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN c.name_folded IS NULL THEN CONCAT(
      'the account ', c.label, ' has no name, so whether a declaration covers it cannot be told'
    )
    WHEN n.account_folded IS NOT NULL THEN CONCAT(
      'a declaration names ', n.account, ', and more than one account is called that: whether it covers ', c.label, ' cannot be told'
    )
    ELSE CONCAT('no declaration covers the account ', c.label)
  END AS reason,
  c.label AS account,
  c.account_id AS account_id,
  c.state AS account_state,
  n.declared_in AS declared_in
FROM aws_account AS c
LEFT JOIN covered AS d
  ON d.account_key = c.account_key
LEFT JOIN declared_name AS n
  ON n.account_folded = c.name_folded
LEFT JOIN held AS h
  ON h.account_key = c.account_key
WHERE d.account_key IS NULL
UNION ALL
SELECT
  n.account AS resource,
  'low' AS severity,
  CASE WHEN l.unread > 0 THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN l.unread > 0 THEN CONCAT(
      'whether the declared account ', n.account, ' is in the organisation cannot be told, because some accounts have no name'
    )
    ELSE CONCAT('the declared account ', n.account, ' is not in the organisation')
  END AS reason,
  n.account AS account,
  NULL AS account_id,
  NULL AS account_state,
  n.declared_in AS declared_in
FROM declared_name AS n
CROSS JOIN nameless AS l
LEFT JOIN known AS k
  ON k.known_folded = n.account_folded
WHERE k.known_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  account_id
