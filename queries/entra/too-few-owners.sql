-- ---
-- id         = "entra/too-few-owners"
-- title      = "Prefixed Entra groups have enough owners who can act for them"
-- severity   = "low"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2b"], "iso27001:2022" = ["A.5.9", "A.5.18"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"] }
-- ---
-- # Rationale
-- Owners answer for who is in the group and renew its approval. With one of them the
-- group is ownerless the day that person leaves; without any, nobody can be asked
-- about access that goes on, and its worth says how bad that is. Guests and disabled
-- accounts do not count.
-- # Remediation
-- Have the team that uses the group name further owners among its own members. Where
-- nobody does, remove the group and with it the access.
WITH
  owner AS (
    SELECT
      e.group_key AS group_key,
      CASE
        WHEN e.member_type = 'servicePrincipal' THEN 'no'
        WHEN e.user_key IS NULL THEN 'unread'
        WHEN u.deleted_at IS NOT NULL OR u.account_enabled = FALSE OR u.user_type = 'Guest' OR u.external = TRUE THEN 'no'
        WHEN u.account_enabled = TRUE AND u.user_type IS NOT NULL THEN 'yes'
        ELSE 'unread'
      END AS counts
    FROM entra_group_owner AS e
    LEFT JOIN entra_user AS u
      ON u.user_key = e.user_key
  ),
  counted AS (
    SELECT
      group_key,
      COUNT(CASE WHEN counts = 'yes' THEN 1 END) AS owners,
      COUNT(CASE WHEN counts = 'unread' THEN 1 END) AS unread
    FROM owner
    GROUP BY group_key
  ),
  judged AS (
    SELECT
      g.group_key AS group_key,
      g.group_id AS group_id,
      g.display_name AS display_name,
      g.display_name_folded AS display_name_folded,
      g.created_at AS created_at,
      COALESCE(c.owners, 0) AS owners,
      COALESCE(c.unread, 0) AS unread,
      s.entra_minimum_owners AS wanted
    FROM prefixed_group AS g
    CROSS JOIN setting AS s
    LEFT JOIN counted AS c
      ON c.group_key = g.group_key
  ),
  worth AS (
    SELECT
      group_key,
      'low' AS severity
    FROM judged
    UNION ALL
    SELECT
      j.group_key AS group_key,
      v.severity AS severity
    FROM judged AS j
    JOIN prefixed_group_severity AS v
      ON v.name_folded = j.display_name_folded
    WHERE j.owners = 0
      AND j.unread = 0
  )
SELECT
  j.display_name AS resource,
  w.severity AS severity,
  CASE WHEN j.owners + j.unread < j.wanted THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN j.owners + j.unread < j.wanted THEN CONCAT(
      'the Entra group ', j.display_name, ' has ', CAST(j.owners AS STRING),
      ' enabled owners of the tenant and needs ', CAST(j.wanted AS STRING)
    )
    ELSE CONCAT(
      'whether the Entra group ', j.display_name, ' has the ', CAST(j.wanted AS STRING),
      ' enabled owners that it needs cannot be told, because some of its owners could not be read'
    )
  END AS reason,
  j.owners AS owners,
  j.unread AS unread_owners,
  j.group_id AS entra_group_id,
  j.created_at AS created_at
FROM judged AS j
JOIN worth AS w
  ON w.group_key = j.group_key
WHERE j.owners < j.wanted
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it needs owners cannot be told') AS reason,
  NULL AS owners,
  NULL AS unread_owners,
  n.group_id AS entra_group_id,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
