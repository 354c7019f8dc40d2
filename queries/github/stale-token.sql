-- ---
-- id         = "github/stale-token"
-- title      = "Personal access tokens and deploy keys are in use, and tokens expire"
-- severity   = "medium"
-- population = "github_token"
-- controls   = { "nist-800-53r5" = ["AC-2(3)(d)", "IA-5f"], "iso27001:2022" = ["A.5.17", "A.5.18"], soc2 = ["CC6.1", "CC6.2"], "pci-dss-4.0.1" = ["8.6.3"], "cis-v8" = ["5.3"], "moj-acp" = ["POL.ACP.034"] }
-- params     = { unused_days = 90 }
-- own_rows   = true
-- ---
-- # Rationale
-- A token or key that nobody uses is missed by nobody when it is stolen, and a
-- token that never ends works for ever. Both open the organisation's repositories,
-- and through them what is deployed, without a second factor.
-- # Remediation
-- Ask the owner whether it is still needed; revoke the token under Personal access
-- tokens in the organisation's settings, remove the key in the settings of the
-- repository. Issue what is needed anew with an end, and require one of every
-- token.
SELECT
  t.token_id AS resource,
  'medium' AS severity,
  CASE
    WHEN t.expires_at IS NULL THEN 'fail'
    WHEN COALESCE(t.last_used_at, t.created_at) IS NULL THEN 'unknown'
    ELSE 'fail'
  END AS status,
  CASE
    WHEN t.expires_at IS NULL THEN CONCAT('the personal access token ', t.token_id, ' of ', COALESCE(t.login, 'an unknown login'), ' never expires')
    WHEN COALESCE(t.last_used_at, t.created_at) IS NULL THEN CONCAT(
      'when the personal access token ', t.token_id, ' of ', COALESCE(t.login, 'an unknown login'), ' was made or last used is not known'
    )
    WHEN t.last_used_at IS NULL THEN CONCAT(
      'the personal access token ', t.token_id, ' of ', COALESCE(t.login, 'an unknown login'),
      ' was never used and is older than ', CAST(p.unused_days AS STRING), ' days'
    )
    ELSE CONCAT(
      'the personal access token ', t.token_id, ' of ', COALESCE(t.login, 'an unknown login'),
      ' was not used for more than ', CAST(p.unused_days AS STRING), ' days'
    )
  END AS reason,
  t.login AS person,
  t.name AS name,
  t.created_at AS created_at,
  t.last_used_at AS last_used_at,
  t.expires_at AS expires_at
FROM github_token AS t
CROSS JOIN param AS p
WHERE NOT COALESCE(t.expired, FALSE)
  AND NOT COALESCE(t.expires_at < p.as_of, FALSE)
  AND (
    t.expires_at IS NULL
    OR COALESCE(t.last_used_at, t.created_at) IS NULL
    OR COALESCE(t.last_used_at, t.created_at) < p.unused_days_cutoff
  )
UNION ALL
SELECT
  CONCAT(k.repository, '/', k.key_id) AS resource,
  CASE WHEN k.read_only = TRUE THEN 'low' ELSE 'medium' END AS severity,
  CASE WHEN COALESCE(k.last_used_at, k.created_at) IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN COALESCE(k.last_used_at, k.created_at) IS NULL THEN CONCAT(
      'when the deploy key ', k.key_id, ' of ', k.repository, ' was made or last used is not known'
    )
    WHEN k.last_used_at IS NULL THEN CONCAT(
      'the deploy key ', k.key_id, ' of ', k.repository, ' was never used and is older than ',
      CAST(p.unused_days AS STRING), ' days'
    )
    ELSE CONCAT(
      'the deploy key ', k.key_id, ' of ', k.repository, ' was not used for more than ',
      CAST(p.unused_days AS STRING), ' days'
    )
  END AS reason,
  NULL AS person,
  k.title AS name,
  k.created_at AS created_at,
  k.last_used_at AS last_used_at,
  NULLIF(k.created_at, k.created_at) AS expires_at
FROM github_deploy_key AS k
CROSS JOIN param AS p
WHERE COALESCE(k.last_used_at, k.created_at) IS NULL
  OR COALESCE(k.last_used_at, k.created_at) < p.unused_days_cutoff
ORDER BY
  resource,
  status,
  severity
