-- ---
-- id  = "views/same_person"
-- doc = "Pairs of identities that count as one human: the links of `person` that nothing contradicts. A pair is left out when either side is linked to another identity of that kind, when the Entra user is deleted, or when the Identity Center user is older than the Entra user or the GitHub membership that now bears its name. Leaving out a true pair is the lesser harm."
-- ---
WITH
  link AS (
    SELECT DISTINCT
      CASE
        WHEN github_login_folded IS NULL THEN 'entra and identity center'
        WHEN entra_user_id IS NULL THEN 'github and identity center'
        ELSE 'entra and github'
      END AS kinds,
      COALESCE(entra_user_id, github_login_folded) AS one,
      CASE
        WHEN identity_center_user_folded IS NULL THEN github_login_folded
        ELSE identity_center_user_folded
      END AS other
    FROM person
    WHERE (entra_user_id IS NOT NULL OR github_login_folded IS NOT NULL)
      AND (identity_center_user_folded IS NOT NULL OR (entra_user_id IS NOT NULL AND github_login_folded IS NOT NULL))
  ),
  of_one AS (
    SELECT
      kinds,
      one,
      COUNT(*) AS links
    FROM link
    GROUP BY kinds, one
  ),
  of_other AS (
    SELECT
      kinds,
      other,
      COUNT(*) AS links
    FROM link
    GROUP BY kinds, other
  ),
  joined AS (
    SELECT
      user_folded,
      MAX(occurred_at) AS joined_at
    FROM github_audit_event
    WHERE action IN ('org.add_member', 'org.invite_member')
      AND user_folded IS NOT NULL
    GROUP BY user_folded
  )
SELECT
  l.kinds AS kinds,
  l.one AS one,
  l.other AS other
FROM link AS l
JOIN of_one AS a
  ON a.kinds = l.kinds
  AND a.one = l.one
JOIN of_other AS b
  ON b.kinds = l.kinds
  AND b.other = l.other
LEFT JOIN entra_user AS e
  ON e.user_id = l.one
LEFT JOIN identity_center_user AS i
  ON i.user_name_folded = l.other
LEFT JOIN joined AS j
  ON j.user_folded = l.one
WHERE a.links = 1
  AND b.links = 1
  AND e.deleted_at IS NULL
  AND NOT COALESCE(l.kinds = 'entra and identity center' AND i.created_at < e.created_at, FALSE)
  AND NOT COALESCE(l.kinds = 'github and identity center' AND i.created_at < j.joined_at, FALSE)
