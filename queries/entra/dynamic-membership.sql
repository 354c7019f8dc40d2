-- ---
-- id         = "entra/dynamic-membership"
-- title      = "Members of prefixed groups are added by somebody, not by a rule"
-- severity   = "medium"
-- population = "prefixed_group"
-- controls   = { "nist-800-53r5" = ["AC-2c", "AC-2e", "AC-2i.1"], "iso27001:2022" = ["A.5.15", "A.5.18"], soc2 = ["CC6.2", "CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.027", "POL.ACP.028"] }
-- ---
-- # Rationale
-- Whoever matches the rule has the access, and nobody approves a member. Attributes such
-- as a department are edited by people who do not know that access to AWS hangs on them.
-- # Remediation
-- Turn the group into one with assigned members, and let its owners add them. Where a
-- rule is wanted, have it approved with the group and waive this finding for a time.
SELECT
  g.display_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT('the members of the Entra group ', g.display_name, ' are chosen by a rule') AS reason,
  g.membership_rule AS membership_rule,
  g.group_id AS entra_group_id,
  g.created_at AS created_at
FROM entra_group AS g
JOIN prefixed_group_severity AS v
  ON v.name_folded = g.display_name_folded
WHERE g.prefixed = TRUE
  AND NULLIF(g.membership_rule, '') IS NOT NULL
UNION ALL
SELECT
  g.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the members of the Entra group ', g.group_id, ' are chosen by a rule and its name could not be read, so whether they reach AWS through it cannot be told'
  ) AS reason,
  g.membership_rule AS membership_rule,
  g.group_id AS entra_group_id,
  g.created_at AS created_at
FROM entra_group AS g
WHERE g.prefixed IS NULL
  AND NULLIF(g.membership_rule, '') IS NOT NULL
ORDER BY
  resource,
  status,
  severity,
  entra_group_id
