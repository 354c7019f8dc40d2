-- ---
-- id  = "rotation/holder"
-- doc = "Who holds a privileged permission set on the account of the store: origin is the source that they sign in by, null where it is not known, and source the word for it."
-- ---
SELECT
  h.person AS person,
  h.origin AS origin,
  COALESCE(h.origin, 'not known') AS source,
  h.account AS account,
  h.permission_set AS permission_set,
  h.account_id AS account_id,
  h.can_sign_in AS can_sign_in
FROM (
  SELECT DISTINCT
    e.person AS person,
    CASE
      WHEN e.email_type_folded = s.identity_center_entra_email_type_folded THEN 'entra'
      WHEN e.email_type_folded = s.identity_center_github_email_type_folded THEN 'github'
    END AS origin,
    a.label AS account,
    e.permission_set AS permission_set,
    a.account_id AS account_id,
    CASE WHEN u.status = 'ENABLED' THEN 'yes' ELSE 'unknown' END AS can_sign_in
  FROM effective_access AS e
  JOIN aws_account AS a
    ON a.account_key = e.account_key
  JOIN (SELECT DISTINCT account_id FROM rotation_member WHERE account_id IS NOT NULL) AS r
    ON r.account_id = a.account_id
  JOIN identity_center_user AS u
    ON u.user_name_folded = e.person_folded
  CROSS JOIN setting AS s
  WHERE e.privileged = TRUE
    AND (u.status IS DISTINCT FROM 'DISABLED')
  UNION ALL
  SELECT DISTINCT
    CONCAT('IAM user ', k.user_name) AS person,
    'iam' AS origin,
    k.account_id AS account,
    'access key' AS permission_set,
    k.account_id AS account_id,
    'unknown' AS can_sign_in
  FROM aws_access_key AS k
  JOIN (SELECT DISTINCT account_id FROM rotation_member WHERE account_id IS NOT NULL) AS r
    ON r.account_id = k.account_id
  WHERE k.active = TRUE
) AS h
