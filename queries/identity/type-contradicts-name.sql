-- ---
-- id         = "identity/type-contradicts-name"
-- title      = "The address type of an Identity Center user agrees with its name"
-- severity   = "low"
-- population = "identity_center_user"
-- controls   = { "nist-800-53r5" = ["AC-2(1)", "AC-2f", "AC-2l"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.2"], "pci-dss-4.0.1" = ["8.2.4"], "cis-v8" = ["6.2"], "moj-acp" = ["POL.ACP.032"] }
-- ---
-- # Rationale
-- The GitHub sync deletes whom it does not find in the organisation, unless the address
-- type says that Entra made the user. A GitHub name with the Entra type is therefore never
-- removed by either of them, and an Entra name with the GitHub type is deleted at the next
-- run.
-- # Remediation
-- Delete the user and let the sync that owns the name make it anew. Find out in CloudTrail
-- who changed the type: no sync does.
WITH
  named AS (
    SELECT
      u.ic_user_key AS ic_user_key,
      u.user_id AS user_id,
      u.user_name AS user_name,
      u.email_type AS email_type,
      u.email_type_folded AS email_type_folded,
      u.created_at AS created_at,
      s.identity_center_entra_email_type_folded AS entra_type,
      s.identity_center_github_email_type_folded AS github_type,
      CASE
        WHEN u.user_name_folded IS NULL THEN NULL
        WHEN length(u.user_name_folded) > length(s.identity_center_github_suffix_folded) THEN
          substr(
            u.user_name_folded,
            CASE
              WHEN length(u.user_name_folded) > length(s.identity_center_github_suffix_folded)
                THEN length(u.user_name_folded) - length(s.identity_center_github_suffix_folded) + 1
              ELSE 1
            END
          ) = s.identity_center_github_suffix_folded
        ELSE FALSE
      END AS has_suffix
    FROM identity_center_user AS u
    CROSS JOIN setting AS s
    WHERE length(s.identity_center_github_suffix_folded) > 0
  )
SELECT
  COALESCE(n.user_name, n.user_id) AS resource,
  v.severity AS severity,
  CASE WHEN n.has_suffix IS NULL OR n.email_type_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN n.has_suffix IS NULL THEN CONCAT(
      'the user name of ', n.user_id, ' could not be read, so whether its address type agrees with it cannot be told'
    )
    WHEN n.email_type_folded IS NULL THEN CONCAT(
      n.user_name, ' has no address type, so whether it agrees with the name cannot be told'
    )
    WHEN n.has_suffix = TRUE THEN CONCAT(
      n.user_name, ' has the name of a GitHub user and the address type of Entra'
    )
    ELSE CONCAT(
      n.user_name, ' has the address type of GitHub and no name of a GitHub user'
    )
  END AS reason,
  n.user_name AS person,
  n.user_id AS identity_center_user_id,
  n.email_type AS email_type,
  n.created_at AS created_at
FROM named AS n
JOIN user_severity AS v
  ON v.ic_user_key = n.ic_user_key
WHERE n.has_suffix IS NULL
  OR n.email_type_folded IS NULL
  OR (n.has_suffix = TRUE AND n.email_type_folded = n.entra_type)
  OR (n.has_suffix = FALSE AND n.email_type_folded = n.github_type)
ORDER BY
  resource,
  status,
  severity,
  identity_center_user_id
