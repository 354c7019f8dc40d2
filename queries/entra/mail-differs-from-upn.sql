-- ---
-- id         = "entra/mail-differs-from-upn"
-- title      = "The mail address of synced people is the address that they are provisioned under"
-- severity   = "low"
-- population = "synced_principal"
-- named      = ["identity_center_user"]
-- controls   = { "nist-800-53r5" = ["IA-2", "IA-4b", "IA-4c"], "iso27001:2022" = ["A.5.16"], soc2 = ["CC6.1"], "pci-dss-4.0.1" = ["8.2.1"], "cis-v8" = ["5.6"], "moj-acp" = ["POL.ACP.001"] }
-- ---
-- # Rationale
-- The sync names the Identity Center user after the user principal name, and the broker
-- signs people in under their mail address. Where the two differ the user is there, with
-- all its access, and the person cannot sign in to it; when somebody else has that
-- address, they sign in as that person.
-- # Remediation
-- Have the mail address or the user principal name changed so that both are the same:
-- after a change of name the principal name usually lags behind. Until then the person
-- needs another way to sign in.
WITH
  provisioned AS (
    SELECT DISTINCT
      p.person_id AS person_id,
      p.address AS address,
      p.address_folded AS address_folded,
      i.user_name AS user_name
    FROM synced_principal AS p
    JOIN identity_center_user AS i
      ON i.user_name_folded = p.address_folded
  )
SELECT
  p.address AS resource,
  'low' AS severity,
  CASE WHEN u.mail_folded IS NULL THEN 'unknown' ELSE 'fail' END AS status,
  CASE
    WHEN u.mail_folded IS NULL THEN CONCAT(
      p.address, ' has no mail address in Entra, so whether the broker signs the person in under the name that was provisioned cannot be told'
    )
    ELSE CONCAT(
      p.address, ' is provisioned under that name, and the broker signs the person in as ', u.mail
    )
  END AS reason,
  p.address AS person,
  u.user_principal_name AS user_principal_name,
  u.mail AS mail,
  p.user_name AS identity_center_user
FROM provisioned AS p
JOIN entra_user AS u
  ON u.user_id = p.person_id
WHERE u.mail_folded IS NULL
  OR u.mail_folded <> p.address_folded
UNION ALL
SELECT DISTINCT
  s.member_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT(
    'the address of ', s.member_id, ' in a prefixed Entra group is not known, so whether its mail address is the same cannot be told'
  ) AS reason,
  NULL AS person,
  NULL AS user_principal_name,
  NULL AS mail,
  NULL AS identity_center_user
FROM entra_group_stranger AS s
UNION ALL
SELECT
  n.group_id AS resource,
  'low' AS severity,
  'unknown' AS status,
  CONCAT('the name of the Entra group ', n.group_id, ' could not be read, so whether its members can sign in cannot be told') AS reason,
  NULL AS person,
  NULL AS user_principal_name,
  NULL AS mail,
  NULL AS identity_center_user
FROM nameless_group AS n
ORDER BY
  resource,
  status,
  identity_center_user
