-- ---
-- id         = "entra/guest-in-group"
-- title      = "People in prefixed groups are members of the tenant, or guests from an allowed domain"
-- severity   = "low"
-- population = "entra_group_person"
-- controls   = { "nist-800-53r5" = ["AC-2d", "PS-7"], "iso27001:2022" = ["A.5.18", "A.5.19"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["7.2.4", "8.2.7"], "cis-v8" = ["6.1"], "cis-azure-6.0" = ["5.3.2"], "cis-m365-7.0.0" = ["5.1.6.1", "5.3.2"], "moj-acp" = ["POL.ACP.035"] }
-- ---
-- # Rationale
-- A guest is an account of another organisation, whose leavers nobody here hears
-- of. Groups that give access to AWS are for members of the tenant, and for guests
-- from the domains that identity_center.allowed_domains lists.
-- # Remediation
-- Take the guest out of the group. When the whole organisation is a partner, have
-- its domain approved and list it in identity_center.allowed_domains.
WITH
  allowed AS (
    SELECT DISTINCT value_folded AS domain_folded
    FROM setting_identity_center_allowed_domains
  ),
  guest AS (
    SELECT DISTINCT
      p.group_key AS group_key,
      p.group_name AS group_name,
      p.group_name_folded AS group_name_folded,
      p.person_id AS person_id,
      p.address AS address,
      p.address_folded AS address_folded,
      p.domain_folded AS domain_folded,
      p.via AS via,
      u.user_type AS user_type,
      (COALESCE(u.user_type = 'Guest', FALSE) OR COALESCE(u.external, FALSE)) AS external
    FROM entra_group_address AS p
    JOIN entra_user AS u
      ON u.user_id = p.person_id
    LEFT JOIN allowed AS d
      ON d.domain_folded = p.domain_folded
    WHERE (u.user_type = 'Guest' OR u.external = TRUE OR u.user_type IS NULL)
      AND d.domain_folded IS NULL
  ),
  worth AS (
    SELECT DISTINCT
      group_key,
      person_id,
      'low' AS severity
    FROM guest
    UNION ALL
    SELECT DISTINCT
      c.group_key AS group_key,
      c.person_id AS person_id,
      v.severity AS severity
    FROM guest AS c
    JOIN identity_center_person AS i
      ON i.group_name_folded = c.group_name_folded
      AND i.user_name_folded = c.address_folded
    JOIN group_severity AS v
      ON v.ic_group_key = i.ic_group_key
  )
SELECT
  CONCAT(g.group_name, '/', g.address) AS resource,
  w.severity AS severity,
  CASE WHEN g.external = TRUE THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN g.external = FALSE THEN CONCAT(
      'whether ', g.address, ' in the Entra group ', g.group_name, ' is a guest could not be read'
    )
    WHEN g.user_type = 'Guest' THEN CONCAT(
      g.address, ' is a guest and ', CASE WHEN g.via = 'owner' THEN 'an owner' ELSE 'a member' END,
      ' of the Entra group ', g.group_name
    )
    ELSE CONCAT(
      g.address, ' is an account of another organisation and ', CASE WHEN g.via = 'owner' THEN 'an owner' ELSE 'a member' END,
      ' of the Entra group ', g.group_name
    )
  END AS reason,
  g.address AS person,
  g.group_name AS entra_group,
  g.via AS via,
  g.domain_folded AS domain
FROM guest AS g
JOIN worth AS w
  ON w.group_key = g.group_key
  AND w.person_id = g.person_id
UNION ALL
SELECT
  CONCAT(s.group_name, '/', s.member_id) AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the address of ', s.member_id, ' in the Entra group ', s.group_name,
    ' is not known, so whether it is a guest from an allowed domain cannot be told'
  ) AS reason,
  NULL AS person,
  s.group_name AS entra_group,
  s.via AS via,
  NULL AS domain
FROM entra_group_stranger AS s
LEFT JOIN entra_user AS u
  ON u.user_id = s.member_id
WHERE ((u.user_type IS DISTINCT FROM 'Member') OR u.external = TRUE)
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether guests have access through it cannot be told') AS reason,
  NULL AS person,
  NULL AS entra_group,
  NULL AS via,
  NULL AS domain
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  via
