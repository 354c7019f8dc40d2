-- ---
-- id         = "entra/member-not-synced"
-- title      = "Members and owners of Entra groups are in the Identity Center group of that name"
-- severity   = "low"
-- population = "synced_principal"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "CA-7"], "iso27001:2022" = ["A.5.18", "A.8.9"], soc2 = ["CC6.3", "CC7.1"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["5.6", "6.7"], "moj-acp" = ["POL.ACP.036", "POL.ACP.041"] }
-- optional   = ["entra_audit_event"]
-- ---
-- # Rationale
-- Somebody whom Entra lists is missing from the Identity Center group: the person
-- cannot do the work that was approved, and the sync is not doing its own.
-- # Remediation
-- Read the log of the sync for the address, and run it again. A person whom the
-- sync is meant to drop belongs to a domain outside identity_center.allowed_domains.
WITH
  added AS (
    SELECT
      CASE WHEN activity = 'Add owner to group' THEN 'owner' ELSE 'member' END AS via,
      group_id,
      user_id,
      MAX(occurred_at) AS added_at
    FROM entra_change
    WHERE activity IN ('Add member to group', 'Add owner to group')
    GROUP BY
      CASE WHEN activity = 'Add owner to group' THEN 'owner' ELSE 'member' END,
      group_id,
      user_id
  )
SELECT
  CONCAT(p.group_name, '/', p.address) AS resource,
  CASE WHEN p.unread = FALSE THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN p.unread = FALSE THEN CONCAT(
      p.address,
      CASE WHEN p.via = 'owner' THEN ' owns' ELSE ' is a member of' END,
      ' the Entra group ', p.group_name, ' and is not in the Identity Center group of that name'
    )
    ELSE CONCAT(
      'whether ', p.address, ' of the Entra group ', p.group_name,
      ' is in the Identity Center group of that name cannot be told, because a name in Identity Center could not be read'
    )
  END AS reason,
  c.cause AS cause,
  p.address AS person,
  p.group_name AS entra_group,
  p.identity_center_group AS identity_center_group,
  p.via AS via,
  p.person_created_at AS person_created_at
FROM missing_member AS p
LEFT JOIN cause_missing_member AS c
  ON c.group_id = p.group_id
  AND c.person_id = p.person_id
WHERE p.in_flight = FALSE
UNION ALL
SELECT
  CONCAT(p.group_name, '/', p.member_id) AS resource,
  'unknown' AS status,
  CONCAT(
    'the address of ', p.member_id, ', ',
    CASE WHEN p.via = 'owner' THEN 'an owner' ELSE 'a member' END,
    ' of the Entra group ', p.group_name, ', is not known, so whether it is in Identity Center cannot be told'
  ) AS reason,
  NULL AS cause,
  NULL AS person,
  p.group_name AS entra_group,
  g.display_name AS identity_center_group,
  p.via AS via,
  NULLIF(g.created_at, g.created_at) AS person_created_at
FROM entra_group_stranger AS p
JOIN identity_center_group AS g
  ON g.display_name_folded = p.group_name_folded
CROSS JOIN entra_grace AS grace
CROSS JOIN setting AS s
LEFT JOIN excluded_group AS x
  ON x.name_folded = p.group_name_folded
LEFT JOIN added AS a
  ON a.group_id = p.group_id
  AND a.user_id = p.member_id
  AND a.via = p.via
WHERE x.name_folded IS NULL
  AND (p.via = 'member' OR s.identity_center_sync_owners = TRUE)
  AND NOT COALESCE(p.group_created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(g.created_at >= grace.grace_cutoff, FALSE)
  AND NOT COALESCE(a.added_at >= grace.grace_cutoff, FALSE)
UNION ALL
SELECT
  n.group_id AS resource,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its people are in Identity Center cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS entra_group,
  NULL AS identity_center_group,
  NULL AS via,
  n.created_at AS person_created_at
FROM nameless_group AS n
UNION ALL
SELECT
  o.group_id AS resource,
  'unknown' AS status,
  CONCAT('the name of the Identity Center group ', o.group_id, ' could not be read, so whether somebody is missing from it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS entra_group,
  NULL AS identity_center_group,
  NULL AS via,
  o.created_at AS person_created_at
FROM nameless_identity_center_group AS o
ORDER BY
  resource,
  status,
  via,
  identity_center_group
