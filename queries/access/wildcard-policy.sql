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
-- reviewed, timed and reported as if it were ordinary. Everything but what a statement
-- names is as much, and so is all of IAM, which gives itself the rest.
-- # Remediation
-- Write down the actions that the work needs. If it is meant to allow everything, add it
-- to access.privileged_permission_sets.
WITH
  managed AS (
    SELECT
      m.permission_set_key AS permission_set_key,
      COUNT(
        CASE
          WHEN m.kind = 'customer-managed' THEN NULL
          WHEN m.policy = p.everything THEN 1
          WHEN split_part(m.policy, ':policy/', 2) = split_part(p.everything, ':policy/', 2)
            AND starts_with(m.policy, 'arn:')
            AND split_part(m.policy, ':', 5) = 'aws' THEN 1
          WHEN m.policy = split_part(p.everything, ':policy/', 2) THEN 1
        END
      ) AS allowing_everything
    FROM permission_set_policy AS m
    CROSS JOIN param AS p
    GROUP BY m.permission_set_key
  ),
  held AS (
    SELECT DISTINCT
      permission_set_key,
      severity
    FROM assignment
  ),
  judged AS (
    SELECT
      s.permission_set_key AS permission_set_key,
      s.name AS name,
      s.arn AS arn,
      s.privileged AS privileged,
      s.inline_policy AS inline_policy,
      s.inline_allows_everything AS inline_allows_everything,
      s.boundary AS boundary,
      COALESCE(m.allowing_everything, 0) AS allowing_everything,
      CASE
        WHEN s.inline_reach IS NOT NULL THEN s.inline_reach
        WHEN s.inline_allows_everything = TRUE THEN 'everything'
        WHEN s.inline_allows_everything = FALSE THEN 'less'
        WHEN s.inline_policy IS NOT NULL THEN 'not understood'
        ELSE 'none'
      END AS reach
    FROM permission_set AS s
    LEFT JOIN managed AS m
      ON m.permission_set_key = s.permission_set_key
    WHERE (s.privileged IS DISTINCT FROM TRUE)
  )
SELECT
  COALESCE(s.name, s.arn) AS resource,
  CASE WHEN h.severity = 'high' THEN 'critical' WHEN h.severity = 'medium' THEN 'high' ELSE 'low' END AS severity,
  CASE
    WHEN s.privileged IS NULL THEN 'unknown'
    WHEN s.allowing_everything > 0 THEN 'fail'
    WHEN s.reach IN ('everything', 'everything but', 'everything through iam') THEN 'fail'
    ELSE 'unknown'
  END AS status,
  CASE
    WHEN s.privileged IS NULL THEN CONCAT(
      'the permission set ', s.arn, ' has no name, so whether it may allow everything cannot be told'
    )
    WHEN s.reach = 'everything' THEN CONCAT(
      'the inline policy of ', s.name, ' allows every action on everything, and it is not listed as privileged'
    )
    WHEN s.allowing_everything > 0 THEN CONCAT(
      s.name, ' has the policy ', p.everything, ', and is not listed as privileged'
    )
    WHEN s.reach = 'everything but' THEN CONCAT(
      'the inline policy of ', s.name, ' allows everything but what it names, and it is not listed as privileged'
    )
    WHEN s.reach = 'everything through iam' THEN CONCAT(
      'the inline policy of ', s.name, ' allows every action of IAM, which gives itself everything, and it is not listed as privileged'
    )
    WHEN s.reach = 'everything under a condition' THEN CONCAT(
      'the inline policy of ', s.name, ' allows everything under a condition, and whether that narrows it cannot be told'
    )
    WHEN s.reach = 'not read' THEN CONCAT(
      'the inline policy of ', s.name, ' was not asked for, so whether it allows everything cannot be told'
    )
    ELSE CONCAT('the inline policy of ', s.name, ' could not be read, so whether it allows everything cannot be told')
  END AS reason,
  s.name AS permission_set,
  s.arn AS arn,
  s.inline_allows_everything AS inline_allows_everything,
  s.boundary AS boundary
FROM judged AS s
CROSS JOIN param AS p
LEFT JOIN held AS h
  ON h.permission_set_key = s.permission_set_key
WHERE s.allowing_everything > 0
  OR s.reach NOT IN ('none', 'less')
ORDER BY
  resource,
  status,
  severity
