-- ---
-- id         = "entra/access-through-ownership"
-- title      = "Access to AWS rests on membership, not on ownership of a group"
-- severity   = "medium"
-- population = "entra_group_owner"
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2i.1", "AC-6"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.003", "POL.ACP.027"] }
-- ---
-- # Rationale
-- The sync copies owners beside members. Who answers for a group thereby gets its
-- access to AWS without anybody having asked for it, and a review of the members
-- never shows it.
-- # Remediation
-- When the owner needs the access, make the person a member as well. Otherwise
-- set identity_center.sync_owners to false in the sync, or hand the group to an
-- owner whose access is wanted.
WITH
  member AS (
    SELECT DISTINCT
      group_name_folded,
      person_id
    FROM entra_group_person
    WHERE via = 'member'
  ),
  unknown_member AS (
    SELECT DISTINCT
      group_name_folded,
      member_id
    FROM entra_group_stranger
    WHERE via = 'member'
  )
SELECT
  CONCAT(p.group_name, '/', p.address) AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(
    p.address, ' owns the Entra group ', p.group_name,
    ', is not a member of it, and is in the Identity Center group of that name'
  ) AS reason,
  'owner not member' AS cause,
  p.address AS person,
  p.group_name AS entra_group,
  i.group_name AS identity_center_group,
  i.user_name AS identity_center_user
FROM entra_group_person AS p
JOIN identity_center_person AS i
  ON i.group_name_folded = p.group_name_folded
  AND i.user_name_folded = p.address_folded
JOIN group_severity AS v
  ON v.ic_group_key = i.ic_group_key
LEFT JOIN member AS m
  ON m.group_name_folded = p.group_name_folded
  AND m.person_id = p.person_id
LEFT JOIN excluded_group AS x
  ON x.name_folded = p.group_name_folded
WHERE p.via = 'owner'
  AND m.person_id IS NULL
  AND x.name_folded IS NULL
UNION ALL
SELECT
  CONCAT(p.group_name, '/', p.member_id) AS resource,
  v.severity AS severity,
  'unknown' AS status,
  CONCAT(
    'the address of ', p.member_id, ', an owner of the Entra group ', p.group_name,
    ' who is not a member, is not known, so whether it is in Identity Center cannot be told'
  ) AS reason,
  NULL AS cause,
  NULL AS person,
  p.group_name AS entra_group,
  g.display_name AS identity_center_group,
  NULL AS identity_center_user
FROM entra_group_stranger AS p
JOIN identity_center_group AS g
  ON g.display_name_folded = p.group_name_folded
JOIN group_severity AS v
  ON v.ic_group_key = g.ic_group_key
LEFT JOIN unknown_member AS m
  ON m.group_name_folded = p.group_name_folded
  AND m.member_id = p.member_id
LEFT JOIN excluded_group AS x
  ON x.name_folded = p.group_name_folded
WHERE p.via = 'owner'
  AND m.member_id IS NULL
  AND x.name_folded IS NULL
UNION ALL
SELECT
  CONCAT(p.group_name, '/', p.address) AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    p.address, ' owns the Entra group ', p.group_name,
    ' and is not a member of it; whether it is in the Identity Center group of that name cannot be told, because a name in Identity Center could not be read'
  ) AS reason,
  NULL AS cause,
  p.address AS person,
  p.group_name AS entra_group,
  NULL AS identity_center_group,
  NULL AS identity_center_user
FROM entra_group_person AS p
JOIN group_with_nameless_user AS q
  ON q.group_name_folded = p.group_name_folded
LEFT JOIN (
  SELECT DISTINCT
    group_name_folded,
    user_name_folded
  FROM identity_center_person
) AS i
  ON i.group_name_folded = p.group_name_folded
  AND i.user_name_folded = p.address_folded
LEFT JOIN member AS m
  ON m.group_name_folded = p.group_name_folded
  AND m.person_id = p.person_id
LEFT JOIN excluded_group AS x
  ON x.name_folded = p.group_name_folded
WHERE p.via = 'owner'
  AND p.address IS NOT NULL
  AND i.user_name_folded IS NULL
  AND m.person_id IS NULL
  AND x.name_folded IS NULL
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its owners have access through it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS entra_group,
  NULL AS identity_center_group,
  NULL AS identity_center_user
FROM nameless_group AS n
UNION ALL
SELECT
  o.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so whether owners are in it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS entra_group,
  NULL AS identity_center_group,
  NULL AS identity_center_user
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  severity,
  identity_center_group,
  identity_center_user
