-- ---
-- id  = "views/baseline_effective_access"
-- doc = "Who could reach what at the baseline, by folded names, once per person, account and permission set; no rows without a baseline."
-- ---
SELECT
  u.user_name_folded AS person_folded,
  COALESCE(c.label, a.account_id) AS account,
  COALESCE(p.name, a.permission_set_arn) AS permission_set
FROM baseline_account_assignment AS a
JOIN baseline_identity_center_membership AS m
  ON m.ic_group_key = a.ic_group_key
JOIN baseline_identity_center_user AS u
  ON u.ic_user_key = m.ic_user_key
LEFT JOIN baseline_aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN baseline_permission_set AS p
  ON p.permission_set_key = a.permission_set_key
UNION
SELECT
  u.user_name_folded AS person_folded,
  COALESCE(c.label, a.account_id) AS account,
  COALESCE(p.name, a.permission_set_arn) AS permission_set
FROM baseline_account_assignment AS a
JOIN baseline_identity_center_user AS u
  ON u.ic_user_key = a.ic_user_key
LEFT JOIN baseline_aws_account AS c
  ON c.account_key = a.account_key
LEFT JOIN baseline_permission_set AS p
  ON p.permission_set_key = a.permission_set_key
