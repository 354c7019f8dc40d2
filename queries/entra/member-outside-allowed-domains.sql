-- ---
-- id         = "entra/member-outside-allowed-domains"
-- title      = "Members of prefixed groups have an address that the sync copies"
-- severity   = "low"
-- population = "entra_group_member"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2d", "AC-2f"], "iso27001:2022" = ["A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.7"], "moj-acp" = ["POL.ACP.036"] }
-- params     = { tolerated_domains = "" }
-- ---
-- # Rationale
-- The sync drops everybody whose domain is not in identity_center.allowed_domains,
-- and says so nowhere: the member believes to have access and has none, and whoever
-- reviews the group counts a person who is not there.
-- # Remediation
-- Have the domain allowed in the sync and in identity_center.allowed_domains, or
-- take the person out of the group. A domain whose people are in the groups for
-- another purpose can be listed in the parameter tolerated_domains, separated by
-- semicolons.
WITH
  allowed AS (
    SELECT DISTINCT value_folded AS domain_folded
    FROM setting_identity_center_allowed_domains
  ),
  domains AS (
    SELECT DISTINCT COUNT(*) AS allowed_count
    FROM setting_identity_center_allowed_domains
  ),
  -- One row per entry of the list: each begins behind a semicolon.
  tolerated AS (
    SELECT DISTINCT split_part(substr(l.list, d.days + 1), ';', 1) AS domain_folded
    FROM (
      SELECT CONCAT(';', replace(tolerated_domains_folded, ' ', '')) AS list
      FROM param
    ) AS l
    CROSS JOIN period AS d
    WHERE d.days >= 1
      AND d.days <= length(l.list)
      AND substr(l.list, d.days, 1) = ';'
  ),
  excluded AS (
    SELECT DISTINCT name_folded
    FROM excluded_group
  )
SELECT
  CONCAT(p.group_name, '/', p.address) AS resource,
  'low' AS severity,
  'fail' AS status,
  CONCAT(
    p.address, ' is a member of the Entra group ', p.group_name,
    ', and the sync copies nobody from the domain ', p.domain_folded
  ) AS reason,
  'outside the allowed domains' AS cause,
  p.address AS person,
  p.group_name AS entra_group,
  p.domain_folded AS domain
FROM entra_group_address AS p
CROSS JOIN domains AS n
LEFT JOIN allowed AS d
  ON d.domain_folded = p.domain_folded
LEFT JOIN tolerated AS t
  ON t.domain_folded = p.domain_folded
LEFT JOIN excluded AS x
  ON x.name_folded = p.group_name_folded
WHERE p.via = 'member'
  AND n.allowed_count > 0
  AND d.domain_folded IS NULL
  AND t.domain_folded IS NULL
  AND x.name_folded IS NULL
UNION ALL
SELECT
  CONCAT(s.group_name, '/', s.member_id) AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the address of ', s.member_id, ' in the Entra group ', s.group_name,
    ' is not known, so whether the sync drops it cannot be told'
  ) AS reason,
  NULL AS cause,
  NULL AS person,
  s.group_name AS entra_group,
  NULL AS domain
FROM entra_group_stranger AS s
CROSS JOIN domains AS n
LEFT JOIN excluded AS x
  ON x.name_folded = s.group_name_folded
WHERE s.via = 'member'
  AND n.allowed_count > 0
  AND x.name_folded IS NULL
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether the sync drops members of it cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  NULL AS entra_group,
  NULL AS domain
FROM nameless_group AS n
CROSS JOIN domains AS c
WHERE c.allowed_count > 0
ORDER BY
  resource,
  status
