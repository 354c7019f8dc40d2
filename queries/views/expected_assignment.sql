-- ---
-- id  = "views/expected_assignment"
-- doc = "What is declared for accounts of the organisation, once per account, permission set and group; rows with an unknown level, an unknown account or an empty group are left out."
-- ---
SELECT
  d.account_key AS account_key,
  c.label AS account,
  d.permission_set AS permission_set,
  d.permission_set_folded AS permission_set_folded,
  d.group_name AS group_name,
  d.group_name_folded AS group_name_folded,
  d.declared_in AS declared_in
FROM (
  SELECT
    account_key,
    permission_set_folded,
    group_name_folded,
    MIN(permission_set) AS permission_set,
    MIN(group_name) AS group_name,
    MIN(source) AS declared_in
  FROM declared_assignment
  WHERE account_key IS NOT NULL
    AND permission_set_folded IS NOT NULL
    AND group_name_folded IS NOT NULL
  GROUP BY
    account_key,
    permission_set_folded,
    group_name_folded
) AS d
JOIN aws_account AS c
  ON c.account_key = d.account_key
