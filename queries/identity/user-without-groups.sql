-- ---
-- id         = "identity/user-without-groups"
-- title      = "Identity Center users are in at least one group"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2f", "AC-2h"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032"] }
-- ---
-- # Rationale
-- A sync only looks at users whom it finds in a group. One in none is never removed
-- by any of them, and is ready for whoever adds it to a group next.
-- # Remediation
-- Delete the user, or add the person to the group that was meant, at its source.
SELECT
  COALESCE(u.user_name, u.user_id) AS resource,
  v.severity AS severity,
  CONCAT(COALESCE(u.user_name, u.user_id), ' is in no group of Identity Center') AS reason,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
LEFT JOIN identity_center_membership AS m
  ON m.ic_user_key = u.ic_user_key
WHERE m.ic_user_key IS NULL
ORDER BY
  resource,
  severity,
  identity_center_user_id
