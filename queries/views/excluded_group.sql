-- ---
-- id  = "views/excluded_group"
-- doc = "Folded names of the Identity Center groups that no sync owns: holding groups and ignored groups."
-- ---
SELECT value_folded AS name_folded
FROM setting_identity_center_holding_groups
UNION ALL
SELECT value_folded AS name_folded
FROM setting_identity_center_ignored_groups
