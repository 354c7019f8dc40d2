-- ---
-- id         = "identity/holding-group-only"
-- title      = "Identity Center users of a holding group are in another group too"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-2h"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032"] }
-- ---
-- # Rationale
-- The sync puts everybody into the holding group and deletes whoever is in no group
-- at all. When a group is deleted as a whole, its members stay behind in the
-- holding group, and that keeps them for ever.
-- # Remediation
-- Delete the user, or add the person to the group that was meant, at its source.
WITH
  holding AS (
    SELECT DISTINCT g.ic_group_key AS holding_key
    FROM identity_center_group AS g
    JOIN setting_identity_center_holding_groups AS h
      ON h.value_folded = g.display_name_folded
  ),
  held AS (
    SELECT DISTINCT m.ic_user_key AS user_key
    FROM identity_center_membership AS m
    JOIN holding AS h
      ON h.holding_key = m.ic_group_key
  ),
  other AS (
    SELECT DISTINCT m.ic_user_key AS user_key
    FROM identity_center_membership AS m
    LEFT JOIN holding AS h
      ON h.holding_key = m.ic_group_key
    JOIN identity_center_group AS g
      ON g.ic_group_key = m.ic_group_key
    WHERE h.holding_key IS NULL
      AND g.display_name_folded IS NOT NULL
  ),
  doubt AS (
    SELECT DISTINCT user_key
    FROM (
      SELECT m.ic_user_key AS user_key
      FROM identity_center_membership AS m
      WHERE m.ic_group_key IS NULL
      UNION ALL
      SELECT m.ic_user_key AS user_key
      FROM identity_center_membership AS m
      JOIN nameless_identity_center_group AS n
        ON n.ic_group_key = m.ic_group_key
    ) AS vague
  ),
  candidate AS (
    SELECT user_key FROM held
    UNION ALL
    SELECT d.user_key AS user_key
    FROM doubt AS d
    JOIN (
      SELECT DISTINCT COUNT(*) AS unread
      FROM nameless_identity_center_group
    ) AS n
      ON n.unread > 0
    LEFT JOIN held AS h
      ON h.user_key = d.user_key
    WHERE h.user_key IS NULL
  )
SELECT
  COALESCE(u.user_name, u.user_id) AS resource,
  v.severity AS severity,
  CASE WHEN d.user_key IS NULL THEN 'fail' ELSE 'unknown' END AS status,
  CASE
    WHEN d.user_key IS NULL THEN CONCAT(COALESCE(u.user_name, u.user_id), ' is in a holding group and in no other group')
    ELSE CONCAT(
      COALESCE(u.user_name, u.user_id),
      ' is in a group whose name is not known, so whether it is in a holding group alone cannot be told'
    )
  END AS reason,
  'holding group' AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
JOIN candidate AS h
  ON h.user_key = u.ic_user_key
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
LEFT JOIN other AS o
  ON o.user_key = u.ic_user_key
LEFT JOIN doubt AS d
  ON d.user_key = u.ic_user_key
WHERE o.user_key IS NULL
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
