-- ---
-- id  = "views/account_declaration"
-- doc = "Accounts that a declaration names: in environment files and in the declared register, with the account of the organisation where there is exactly one."
-- ---
SELECT
  name AS account,
  name_folded AS account_folded,
  account_key AS account_key,
  source AS source
FROM declared_account
UNION ALL
SELECT
  account AS account,
  account_folded AS account_folded,
  account_key AS account_key,
  source AS source
FROM declared_assignment
WHERE kind = 'declared'
