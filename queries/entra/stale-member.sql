-- ---
-- id         = "entra/stale-member"
-- title      = "Members of prefixed groups have signed in lately"
-- severity   = "low"
-- population = "entra_group_person"
-- named      = ["entra_user"]
-- controls   = { "nist-800-53r5" = ["AC-2(3)(d)", "AC-2j"], "iso27001:2022" = ["A.5.16", "A.5.18"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["7.2.4", "8.2.6"], "cis-v8" = ["5.3"], "moj-acp" = ["POL.ACP.033"] }
-- ---
-- # Rationale
-- Who has not signed in for months does not need the access, and would not notice that
-- somebody else uses it. A sign-in that was refused does not count; an account younger
-- than the period has had no time to.
-- # Remediation
-- Ask the owner of the group, and take the member out. An account that must keep its
-- access unused, such as one for emergencies, gets a waiver with an end. Where sign-ins
-- were not collected, set sign_ins in [sources.entra]: it takes AuditLog.Read.All.
WITH
  collected AS (
    SELECT DISTINCT COUNT(last_successful_sign_in_at) AS seen
    FROM entra_user
    WHERE deleted_at IS NULL
  ),
  quiet AS (
    SELECT DISTINCT
      p.group_key AS group_key,
      p.group_name AS group_name,
      p.group_name_folded AS group_name_folded,
      p.person_id AS person_id,
      p.address AS address,
      p.address_folded AS address_folded,
      u.last_successful_sign_in_at AS signed_in_at,
      u.created_at AS created_at,
      s.entra_stale_days AS stale_days
    FROM entra_group_person AS p
    JOIN entra_user AS u
      ON u.user_id = p.person_id
    CROSS JOIN setting AS s
    CROSS JOIN collected AS c
    WHERE p.via = 'member'
      AND c.seen > 0
      AND NOT COALESCE(u.last_successful_sign_in_at >= s.entra_stale_days_cutoff, FALSE)
      AND NOT COALESCE(u.created_at >= s.entra_stale_days_cutoff, FALSE)
  ),
  worth AS (
    SELECT DISTINCT
      group_key,
      person_id,
      'low' AS severity
    FROM quiet
    UNION ALL
    SELECT DISTINCT
      c.group_key AS group_key,
      c.person_id AS person_id,
      v.severity AS severity
    FROM quiet AS c
    JOIN identity_center_person AS i
      ON i.group_name_folded = c.group_name_folded
      AND i.user_name_folded = c.address_folded
    JOIN group_severity AS v
      ON v.ic_group_key = i.ic_group_key
  )
SELECT
  CONCAT(q.group_name, '/', COALESCE(q.address, q.person_id)) AS resource,
  w.severity AS severity,
  CASE WHEN q.signed_in_at IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN q.signed_in_at IS NULL THEN CONCAT(
      COALESCE(q.address, q.person_id), ' is a member of the Entra group ', q.group_name,
      ' and has no sign-in on record, so whether the last one is older than ',
      CAST(q.stale_days AS STRING), ' days cannot be told'
    )
    ELSE CONCAT(
      COALESCE(q.address, q.person_id), ' is a member of the Entra group ', q.group_name,
      ' and has not signed in for ', CAST(q.stale_days AS STRING), ' days'
    )
  END AS reason,
  q.address AS person,
  q.group_name AS entra_group,
  q.signed_in_at AS last_successful_sign_in_at,
  q.created_at AS created_at
FROM quiet AS q
JOIN worth AS w
  ON w.group_key = q.group_key
  AND w.person_id = q.person_id
UNION ALL
SELECT
  'signInActivity' AS resource,
  'low' AS severity,
  'unknown' AS status,
  'no user of the tenant has a sign-in on record, so who of the prefixed groups is stale cannot be told: sign-ins were not collected' AS reason,
  NULL AS person,
  NULL AS entra_group,
  NULL AS last_successful_sign_in_at,
  NULL AS created_at
FROM collected AS c
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS members
  FROM entra_group_person
  WHERE via = 'member'
) AS m
WHERE c.seen = 0
  AND m.members > 0
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its members are stale cannot be told') AS reason,
  NULL AS person,
  NULL AS entra_group,
  NULL AS last_successful_sign_in_at,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  last_successful_sign_in_at
