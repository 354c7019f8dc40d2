-- ---
-- id         = "identity/foreign-writer"
-- title      = "Identity Center users were written by a sync"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2e", "AC-2f"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["5.6"], "cis-aws-7.0.0" = ["2.19"], "moj-acp" = ["POL.ACP.024"] }
-- ---
-- # Rationale
-- The type of the address is the only mark of who made a user. One that no sync writes
-- was made by hand or by another program: no source knows the person, nothing removes
-- the user when they leave, and the GitHub sync deletes it at its next run.
-- # Remediation
-- Find out in CloudTrail who called CreateUser. Let the person come through Entra or
-- GitHub and delete this user. When another program is meant to write users, set its
-- type in identity_center.entra_email_type or github_email_type, or waive its users.
SELECT
  COALESCE(u.user_name, u.user_id) AS resource,
  v.severity AS severity,
  CASE WHEN u.email_type_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN u.email_type_folded IS NULL THEN CONCAT(
      COALESCE(u.user_name, u.user_id), ' has no address type, so who wrote it cannot be told'
    )
    ELSE CONCAT(
      COALESCE(u.user_name, u.user_id), ' has the address type ', u.email_type, ', which no configured sync writes'
    )
  END AS reason,
  'other writer' AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
CROSS JOIN setting AS s
WHERE u.email_type_folded IS NULL
  OR (
    u.email_type_folded <> s.identity_center_entra_email_type_folded
    AND u.email_type_folded <> s.identity_center_github_email_type_folded
  )
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
