-- ---
-- id         = "access/session-too-long"
-- title      = "Sessions end within the limit of their permission set"
-- severity   = "medium"
-- population = "permission_set"
-- params     = { privileged_hours = 4, other_hours = 8 }
-- controls   = { "nist-800-53r5" = ["AC-12"], "iso27001:2022" = ["A.8.5"], soc2 = ["CC6.1"], "moj-acp" = ["POL.ACP.017"] }
-- ---
-- # Rationale
-- A session goes on after the person was removed from the group: the longest one tells
-- how long a leaver keeps working. Privileged permission sets have the shorter limit.
-- # Remediation
-- Shorten the session of the permission set in Terraform; people sign in again.
SELECT
  COALESCE(s.name, s.arn) AS resource,
  CASE WHEN s.privileged = TRUE THEN 'high' ELSE 'medium' END AS severity,
  CASE
    WHEN s.session_minutes IS NULL THEN 'unknown'
    WHEN s.privileged IS NULL AND s.session_minutes <= 60 * p.other_hours THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN s.session_minutes IS NULL THEN CONCAT(
      'how long a session of ', COALESCE(s.name, s.arn), ' lasts could not be read'
    )
    WHEN s.privileged IS NULL AND s.session_minutes <= 60 * p.other_hours THEN CONCAT(
      'the permission set ', s.arn, ' has no name, so whether ', s.session_duration, ' is too long for it cannot be told'
    )
    WHEN s.privileged = TRUE THEN CONCAT(
      'a session of the privileged ', s.name, ' lasts ', s.session_duration,
      ', more than ', CAST(p.privileged_hours AS STRING), ' hours'
    )
    ELSE CONCAT(
      'a session of ', COALESCE(s.name, s.arn), ' lasts ', s.session_duration,
      ', more than ', CAST(p.other_hours AS STRING), ' hours'
    )
  END AS reason,
  s.name AS permission_set,
  s.session_duration AS session_duration,
  s.session_minutes AS session_minutes,
  s.privileged AS privileged
FROM permission_set AS s
CROSS JOIN param AS p
WHERE s.session_minutes IS NULL
  OR s.session_minutes > 60 * p.other_hours
  OR ((s.privileged IS DISTINCT FROM FALSE) AND s.session_minutes > 60 * p.privileged_hours)
ORDER BY
  resource,
  status,
  session_minutes
