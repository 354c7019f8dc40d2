-- ---
-- id  = "rotation/count"
-- doc = "How much of each kind Identity Center holds, now and in the baseline: code says which kind, what is the word for it."
-- ---
SELECT 'user' AS code, 'Identity Center users' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_user) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_user) AS b
UNION ALL
SELECT 'group' AS code, 'Identity Center groups' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_group) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_group) AS b
UNION ALL
SELECT 'membership' AS code, 'Identity Center memberships' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM identity_center_membership) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_identity_center_membership) AS b
UNION ALL
SELECT 'assignment' AS code, 'Account assignments' AS what, n.rows_now AS rows_now, b.rows_then AS rows_then
FROM (SELECT DISTINCT COUNT(*) AS rows_now FROM account_assignment) AS n
CROSS JOIN (SELECT DISTINCT COUNT(*) AS rows_then FROM baseline_account_assignment) AS b
