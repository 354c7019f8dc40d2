-- ---
-- id         = "entra/unresolvable-member"
-- title      = "Members of prefixed groups are people whom the sync can copy"
-- severity   = "low"
-- population = "entra_group_member"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2d", "AC-2f"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.7"], "moj-acp" = ["POL.ACP.036"] }
-- ---
-- # Rationale
-- The sync reads direct members and copies people. A group inside a group, a service
-- principal or a device gives nobody access, and an older sync stops at it with an
-- error. Whoever reads the group counts the people inside the nested one, who have
-- no access.
-- # Remediation
-- Add the people themselves, or make the nested group a prefixed one with an approval
-- of its own. Take service principals and devices out. When nested groups lead back
-- to themselves, take one of the links out.
WITH
  inside AS (
    SELECT
      nested_key AS outer_key,
      nested_key AS inner_key
    FROM entra_odd_member
    WHERE nested_key IS NOT NULL
    UNION ALL
    SELECT
      outer_key,
      inner_key
    FROM entra_nested_group
  ),
  inside_once AS (
    SELECT DISTINCT
      outer_key,
      inner_key
    FROM inside
  ),
  circle AS (
    SELECT i.outer_key AS nested_key
    FROM inside_once AS i
    JOIN entra_nested_group AS c
      ON c.outer_key = i.inner_key
    WHERE c.inner_key = c.outer_key
    GROUP BY i.outer_key
  ),
  reached AS (
    SELECT
      x.nested_key AS nested_key,
      COUNT(*) AS people
    FROM (
      SELECT DISTINCT
        i.outer_key AS nested_key,
        e.user_key AS user_key
      FROM (SELECT DISTINCT nested_key FROM entra_odd_member) AS o
      JOIN inside_once AS i
        ON i.outer_key = o.nested_key
      JOIN entra_group_member AS e
        ON e.group_key = i.inner_key
      WHERE e.user_key IS NOT NULL
    ) AS x
    GROUP BY x.nested_key
  )
SELECT
  CONCAT(o.group_name, '/', o.member_id) AS resource,
  'low' AS severity,
  CASE WHEN o.kind IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN o.kind IS NULL THEN CONCAT(
      'what kind of member ', o.member_id, ' of the Entra group ', o.group_name, ' is could not be read'
    )
    WHEN c.nested_key IS NOT NULL THEN CONCAT(
      'the group ', COALESCE(o.nested_name, o.member_id), ' is a member of the Entra group ', o.group_name,
      ', goes in a circle, and gives nobody inside it access'
    )
    WHEN o.kind = 'group' THEN CONCAT(
      'the group ', COALESCE(o.nested_name, o.member_id), ' is a member of the Entra group ', o.group_name,
      ' and gives nobody inside it access'
    )
    ELSE CONCAT(
      'the ', o.kind, ' ', o.member_id, ' is a member of the Entra group ', o.group_name, ' and cannot be copied'
    )
  END AS reason,
  CASE WHEN o.kind = 'group' THEN 'nested group' END AS cause,
  o.group_name AS entra_group,
  o.kind AS kind,
  o.nested_name AS nested_group,
  CASE WHEN o.kind = 'group' THEN COALESCE(r.people, 0) END AS people_inside
FROM entra_odd_member AS o
LEFT JOIN circle AS c
  ON c.nested_key = o.nested_key
LEFT JOIN reached AS r
  ON r.nested_key = o.nested_key
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its members can be copied cannot be told') AS reason,
  NULL AS cause,
  NULL AS entra_group,
  NULL AS kind,
  NULL AS nested_group,
  NULL AS people_inside
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  kind
