-- ---
-- id         = "approval/unapproved-group"
-- title      = "Prefixed Entra groups have an approval"
-- severity   = "medium"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2d", "AC-2e", "AC-2i.1", "CM-3b"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "cis-m365-7.0.0" = ["5.1.3.1"], "moj-acp" = ["POL.ACP.027", "POL.ACP.028"] }
-- ---
-- # Rationale
-- A name with the prefix is all that it takes to become a group of AWS. Without a
-- record of who asked and who agreed, nobody can say whether the group should be
-- there, or whom to ask when it is reviewed.
-- # Remediation
-- Find the owner of the group, have the access approved, and add a row with the
-- object id of the group to the approvals register. Otherwise delete the group.
WITH
  -- Who has no record that counts has none but later ones.
  later AS (
    SELECT DISTINCT g.group_key AS later_key
    FROM approved_group AS r
    JOIN prefixed_group AS g
      ON g.group_id = r.group_id_folded
    UNION ALL
    SELECT DISTINCT g.group_key AS later_key
    FROM approved_group AS r
    JOIN prefixed_group AS g
      ON g.display_name_folded = r.group_name_folded
    WHERE r.group_id_folded IS NULL
  )
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CASE
    WHEN f.later_key IS NULL THEN CONCAT(g.display_name, ' has no record in the approvals register')
    ELSE CONCAT(
      g.display_name,
      ' has no record in the approvals register but one dated after the snapshot, which does not count'
    )
  END AS reason,
  g.group_id AS entra_group_id,
  g.created_at AS created_at
FROM prefixed_group AS g
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
LEFT JOIN approval_that_counts AS c
  ON c.group_key = g.group_key
LEFT JOIN approval_of_another_group AS o
  ON o.group_key = g.group_key
LEFT JOIN later AS f
  ON f.later_key = g.group_key
WHERE c.group_key IS NULL
  AND o.group_key IS NULL
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it needs an approval cannot be told') AS reason,
  n.group_id AS entra_group_id,
  n.created_at AS created_at
FROM entra_group AS n
WHERE n.prefixed IS NULL
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
