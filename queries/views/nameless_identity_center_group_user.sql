-- ---
-- id  = "views/nameless_identity_center_group_user"
-- doc = "Folded names of the users in Identity Center groups whose name could not be read: such a group may be a second one of any name. Null stands for users whose name could not be read either."
-- ---
SELECT DISTINCT user_name_folded
FROM identity_center_person
WHERE group_name_folded IS NULL
