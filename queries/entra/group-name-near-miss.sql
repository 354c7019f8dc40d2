-- ---
-- id         = "entra/group-name-near-miss"
-- title      = "Names of Entra groups either carry the prefix exactly or do not resemble it"
-- severity   = "info"
-- population = "entra_group"
-- controls   = { "nist-800-53r5" = ["AC-2i.1", "IA-4b"], "iso27001:2022" = ["A.5.15"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.3"], "cis-v8" = ["6.1"], "moj-acp" = ["POL.ACP.028"] }
-- params     = { legacy_prefix = "entraid-aws-identitycenter" }
-- ---
-- # Rationale
-- People read such a name as one that gives access to AWS; a sync that compares it
-- letter by letter may not, or may do so on one side only, and then creates the group
-- once and fails on it ever after. A look-alike is also how an unapproved group passes
-- a review.
-- # Remediation
-- Rename the group: the prefix in lower case and a hyphen behind it when its members
-- are to reach AWS, another word otherwise. Groups of a former prefix can be deleted
-- once nothing is assigned to them; the parameter legacy_prefix names it.
WITH
  name AS (
    SELECT
      g.group_id AS group_id,
      g.display_name AS display_name,
      g.prefixed AS prefixed,
      g.created_at AS created_at,
      g.looks_prefixed AS looks_prefixed,
      starts_with(g.display_name, s.entra_group_prefix) AS exact,
      starts_with(g.display_name_folded, s.entra_group_prefix_folded) AS folded,
      CASE
        WHEN p.legacy_prefix_folded = '' THEN FALSE
        ELSE starts_with(g.display_name_folded, p.legacy_prefix_folded)
      END AS legacy,
      CASE
        WHEN substr(s.entra_group_prefix, length(s.entra_group_prefix), 1) = '-' THEN '-'
        ELSE substr(g.display_name, length(s.entra_group_prefix) + 1, 1)
      END AS next_letter
    FROM entra_group AS g
    CROSS JOIN setting AS s
    CROSS JOIN param AS p
    WHERE g.display_name IS NOT NULL
  ),
  judged AS (
    SELECT
      group_id,
      display_name,
      prefixed,
      created_at,
      CASE
        WHEN prefixed = TRUE AND exact = FALSE THEN 'has the prefix in another case'
        WHEN prefixed = TRUE AND next_letter <> '-' THEN 'has the prefix without a hyphen behind it'
        WHEN prefixed = TRUE THEN NULL
        WHEN folded = TRUE THEN 'has the prefix only once blanks are trimmed'
        WHEN looks_prefixed = TRUE THEN 'looks like one with the prefix and is spelt otherwise'
        WHEN legacy = TRUE THEN 'has a former prefix'
      END AS flaw
    FROM name
  )
SELECT
  group_id AS resource,
  'info' AS severity,
  'fail' AS status,
  CONCAT('the name ', display_name, ' of an Entra group ', flaw) AS reason,
  display_name AS entra_group,
  prefixed AS synced,
  created_at AS created_at
FROM judged
WHERE flaw IS NOT NULL
UNION ALL
SELECT
  n.group_id AS resource,
  'info' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it resembles the prefix cannot be told') AS reason,
  NULL AS entra_group,
  NULL AS synced,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status
