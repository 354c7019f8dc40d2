-- ---
-- id         = "access/new-privileged-person"
-- title      = "Privileged access has not grown since the baseline"
-- severity   = "high"
-- population = "privileged_access"
-- named      = ["account_assignment", "permission_set"]
-- needs_baseline = true
-- controls   = { "nist-800-53r5" = ["AC-2(4)", "AC-2(7)", "AC-6(5)", "AC-6(7)(a)"], "iso27001:2022" = ["A.5.18", "A.8.2"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2", "7.2.4"], "cis-v8" = ["5.4", "6.8"], "moj-acp" = ["POL.ACP.042", "POL.ACP.050"] }
-- ---
-- # Rationale
-- Somebody can do something privileged that they could not do at the last review. That
-- may be right; it is what a quarterly look at escalations is for.
-- # Remediation
-- Check the ticket behind the change. Remove the membership or the assignment when there
-- is none.
WITH
  before AS (
    SELECT DISTINCT
      person_folded,
      account,
      permission_set
    FROM baseline_effective_access
  )
SELECT
  CONCAT(a.person, '/', a.account, '/', a.permission_set) AS resource,
  a.severity AS severity,
  CASE WHEN a.person_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN a.person_folded IS NULL THEN CONCAT(
      'the user name of ', a.user_id, ' could not be read, so whether it had ', a.permission_set, ' on ', a.account,
      ' at the baseline cannot be told'
    )
    ELSE CONCAT(
      a.person, ' has ', a.permission_set, ' on ', a.account, ' and had not at the baseline'
    )
  END AS reason,
  a.account AS account,
  a.person AS person,
  a.permission_set AS permission_set,
  a.path AS path
FROM privileged_access AS a
LEFT JOIN before AS b
  ON b.person_folded = a.person_folded
  AND b.account = a.account
  AND b.permission_set = a.permission_set
WHERE b.person_folded IS NULL
ORDER BY
  resource,
  status,
  severity,
  path
