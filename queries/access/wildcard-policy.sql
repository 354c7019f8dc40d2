-- ---
-- id         = "access/wildcard-policy"
-- title      = "Only privileged permission sets allow everything"
-- severity   = "high"
-- population = "permission_set"
-- params     = { everything = "arn:aws:iam::aws:policy/AdministratorAccess" }
-- controls   = { "nist-800-53r5" = ["AC-6", "AC-6(5)"], "iso27001:2022" = ["A.5.15", "A.8.2"], soc2 = ["CC6.3"], "pci-dss-4.0.1" = ["7.2.2"], "cis-v8" = ["5.4", "6.8"], "cis-aws-7.0.0" = ["2.14"], "moj-acp" = ["POL.ACP.003", "POL.ACP.046"] }
-- ---
-- # Rationale
-- The permission set allows every action on everything, in its inline policy or by the
-- managed policy that does, and is not in access.privileged_permission_sets: it is
-- reviewed, timed and reported as if it were ordinary.
-- # Remediation
-- Write down the actions that the work needs. If it is meant to allow everything, add it
-- to access.privileged_permission_sets.
WITH
  managed AS (
    SELECT
      m.permission_set_key AS permission_set_key,
      COUNT(CASE WHEN m.policy = p.everything THEN 1 END) AS allowing_everything
    FROM permission_set_policy AS m
    CROSS JOIN param AS p
    GROUP BY m.permission_set_key
  ),
  held AS (
    SELECT DISTINCT
      permission_set_key,
      severity
    FROM assignment
  )
SELECT
  COALESCE(s.name, s.arn) AS resource,
  CASE WHEN h.severity = 'high' THEN 'critical' WHEN h.severity = 'medium' THEN 'high' ELSE 'low' END AS severity,
  CASE
    WHEN s.privileged IS NULL THEN 'unknown'
    WHEN s.inline_allows_everything = TRUE OR m.allowing_everything > 0 THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN s.privileged IS NULL THEN CONCAT(
      'the permission set ', s.arn, ' has no name, so whether it may allow everything cannot be told'
    )
    WHEN s.inline_allows_everything = TRUE THEN CONCAT(
      'the inline policy of ', s.name, ' allows every action on everything, and it is not listed as privileged'
    )
    WHEN m.allowing_everything > 0 THEN CONCAT(
      s.name, ' has the policy ', p.everything, ', and is not listed as privileged'
    )
    ELSE CONCAT('the inline policy of ', s.name, ' could not be read, so whether it allows everything cannot be told')
  END AS reason,
  s.name AS permission_set,
  s.arn AS arn,
  s.inline_allows_everything AS inline_allows_everything,
  s.boundary AS boundary
FROM permission_set AS s
CROSS JOIN param AS p
LEFT JOIN managed AS m
  ON m.permission_set_key = s.permission_set_key
LEFT JOIN held AS h
  ON h.permission_set_key = s.permission_set_key
WHERE (s.privileged IS DISTINCT FROM TRUE)
  AND (
    s.inline_allows_everything = TRUE
    OR m.allowing_everything > 0
    OR (s.inline_policy IS NOT NULL AND s.inline_allows_everything IS NULL)
  )
ORDER BY
  resource,
  status,
  severity
