-- ---
-- id         = "entra/group-name-convention"
-- title      = "Names of prefixed Entra groups are lower case and follow the configured pattern"
-- severity   = "info"
-- population = "prefixed_group"
-- controls   = {}
-- ---
-- # Rationale
-- Declarations, approvals and scripts repeat the name by hand. One spelling, in lower
-- case and in the agreed form, tells whose group it is and is found by every search.
-- # Remediation
-- Rename the group and whatever repeats its name. The form is entra.name_pattern; when
-- a name is right and the pattern is not, change the pattern.
WITH
  flawed AS (
    SELECT
      display_name,
      group_id,
      created_at,
      'is not written in lower case without blanks around it' AS flaw
    FROM entra_group
    WHERE prefixed = TRUE
      AND display_name <> display_name_folded
    UNION ALL
    SELECT
      display_name,
      group_id,
      created_at,
      'does not follow entra.name_pattern' AS flaw
    FROM entra_group
    WHERE prefixed = TRUE
      AND follows_pattern = FALSE
  )
SELECT
  display_name AS resource,
  'info' AS severity,
  'fail' AS status,
  CONCAT('the name ', display_name, ' ', flaw) AS reason,
  flaw AS flaw,
  group_id AS entra_group_id,
  created_at AS created_at
FROM flawed
UNION ALL
SELECT
  n.group_id AS resource,
  'info' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether it follows the convention cannot be told') AS reason,
  NULL AS flaw,
  n.group_id AS entra_group_id,
  n.created_at AS created_at
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  flaw DESC NULLS LAST,
  entra_group_id
