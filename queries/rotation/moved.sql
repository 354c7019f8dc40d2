-- ---
-- id  = "rotation/moved"
-- doc = "Users, groups, memberships and assignments of Identity Center that came or went since the baseline: code says which kind, as in the view count."
-- ---
SELECT
  CASE kind
    WHEN 'Identity Center user' THEN 'user'
    WHEN 'Identity Center group' THEN 'group'
    WHEN 'Identity Center membership' THEN 'membership'
    ELSE 'assignment'
  END AS code,
  kind,
  change,
  name,
  key
FROM change
WHERE kind IN ('Identity Center user', 'Identity Center group', 'Identity Center membership', 'Account assignment')
