-- ---
-- id         = "approval/group-recreated"
-- title      = "Prefixed Entra groups are the ones that were approved"
-- severity   = "medium"
-- population = "prefixed_group"
-- baseline_finds = true
-- controls   = { "nist-800-53r5" = ["AC-2e", "AC-2i.1", "CM-3b"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028"] }
-- ---
-- # Rationale
-- The name was approved, not this group. Somebody deleted the approved group and
-- made another of the same name, which Identity Center and the declarations take
-- for the old one: a way into its access without asking anybody.
-- # Remediation
-- Find out who made the group anew and why. Have it approved under its own object
-- id, or delete it.
WITH
  elsewhere AS (
    SELECT
      group_key,
      MIN(approved_id) AS former_id
    FROM approval_of_another_group
    GROUP BY group_key
  )
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT('the approval of the name ', g.display_name, ' is for another group, with the id ', e.former_id) AS reason,
  g.group_id AS entra_group_id,
  e.former_id AS approved_id,
  g.created_at AS created_at
FROM prefixed_group AS g
JOIN elsewhere AS e
  ON e.group_key = g.group_key
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
LEFT JOIN approval_that_counts AS c
  ON c.group_key = g.group_key
WHERE c.group_key IS NULL
UNION ALL
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(
    'the approval of ', g.display_name, ' names no id, and at the baseline the name belonged to another group, with the id ',
    b.former_id
  ) AS reason,
  g.group_id AS entra_group_id,
  b.former_id AS approved_id,
  g.created_at AS created_at
FROM prefixed_group AS g
JOIN approval_before_recreation AS b
  ON b.group_key = g.group_key
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it is the one that was approved cannot be told') AS reason,
  n.group_id AS entra_group_id,
  NULL AS approved_id,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  severity,
  approved_id,
  entra_group_id
