-- ---
-- id         = "identity/recreated-user"
-- title      = "Identity Center users are the ones of the baseline"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2(4)", "AC-2f", "IA-4d"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["8.2.1", "8.2.4"], "cis-v8" = ["5.1"], "moj-acp" = ["POL.ACP.001"] }
-- needs_baseline = true
-- ---
-- # Rationale
-- Somebody deleted the user and made another of the same name. Assignments, audit trails
-- and the users of other services hang on the id and were lost; the sync does this to
-- people who leave one of several groups. A name that went to another person inherits
-- whatever is known by name.
-- # Remediation
-- Ask whether the person lost access in between, and assign anew what was given to the old
-- id. When nobody left a group, find out in CloudTrail who called DeleteUser and CreateUser.
SELECT
  u.user_name AS resource,
  v.severity AS severity,
  'fail' AS status,
  CONCAT(u.user_name, ' had another id at the baseline, ', b.user_id) AS reason,
  'recreated under a new id' AS cause,
  u.user_name AS person,
  u.user_id AS identity_center_user_id,
  b.user_id AS former_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
JOIN baseline_identity_center_user AS b
  ON b.user_name_folded = u.user_name_folded
JOIN user_severity AS v
  ON v.ic_user_key = u.ic_user_key
LEFT JOIN baseline_identity_center_user AS same
  ON same.user_id = u.user_id
LEFT JOIN identity_center_user AS still
  ON still.user_id = b.user_id
WHERE same.user_id IS NULL
  AND still.user_id IS NULL
UNION ALL
SELECT
  u.user_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the user name of ', u.user_id, ' could not be read, so whether it had another id at the baseline cannot be told') AS reason,
  NULL AS cause,
  NULL AS person,
  u.user_id AS identity_center_user_id,
  NULL AS former_id,
  u.email_type AS email_type,
  u.created_at AS created_at
FROM identity_center_user AS u
LEFT JOIN baseline_identity_center_user AS same
  ON same.user_id = u.user_id
WHERE u.user_name_folded IS NULL
  AND same.user_id IS NULL
ORDER BY
  resource,
  status,
  severity,
  former_id,
  identity_center_user_id
