-- ---
-- id  = "views/missing_team_member"
-- doc = "Whom the GitHub sync should have put into an existing Identity Center group and who is not there; whether that is in flight, whether a name that could not be read may be theirs, and whether the baseline shows them there."
-- ---
WITH
  present AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM identity_center_person
  ),
  added AS (
    SELECT
      team_folded,
      user_folded,
      MAX(occurred_at) AS added_at
    FROM github_audit_event
    WHERE action = 'team.add_member'
    GROUP BY
      team_folded,
      user_folded
  ),
  was_source AS (
    SELECT DISTINCT
      slug_folded,
      login_folded
    FROM baseline_team_person
  ),
  was_target AS (
    SELECT DISTINCT
      group_name_folded,
      user_name_folded
    FROM baseline_person
  )
SELECT
  p.team_key AS team_key,
  p.slug AS slug,
  p.slug_folded AS slug_folded,
  p.via_slug AS via_slug,
  p.via_slug_folded AS via_slug_folded,
  p.login AS login,
  p.login_folded AS login_folded,
  p.user_name_folded AS user_name_folded,
  g.display_name AS identity_center_group,
  q.group_name_folded IS NOT NULL
    OR y.user_name_folded IS NOT NULL
    OR z.nameless > 0 AS unread,
  wt.user_name_folded IS NOT NULL AS was_there,
  CASE
    WHEN p.team_created_at >= grace.grace_cutoff
      OR p.via_created_at >= grace.grace_cutoff
      OR g.created_at >= grace.grace_cutoff
      OR a.added_at >= grace.grace_cutoff
      OR (
        grace.baseline_fits = TRUE
        AND p.login IS NOT NULL
        AND (ws.login_folded IS NULL OR wt.user_name_folded IS NOT NULL)
      )
    THEN TRUE
    ELSE FALSE
  END AS in_flight
FROM synced_team_member AS p
JOIN identity_center_group AS g
  ON g.display_name_folded = p.slug_folded
CROSS JOIN github_grace AS grace
LEFT JOIN present AS t
  ON t.group_name_folded = p.slug_folded
  AND t.user_name_folded = p.user_name_folded
LEFT JOIN group_with_nameless_user AS q
  ON q.group_name_folded = p.slug_folded
LEFT JOIN nameless_identity_center_group_user AS y
  ON y.user_name_folded = p.user_name_folded
CROSS JOIN (
  SELECT DISTINCT COUNT(*) AS nameless
  FROM nameless_identity_center_group_user
  WHERE user_name_folded IS NULL
) AS z
LEFT JOIN added AS a
  ON a.team_folded = p.via_slug_folded
  AND a.user_folded = p.login_folded
LEFT JOIN was_source AS ws
  ON ws.slug_folded = p.slug_folded
  AND ws.login_folded = p.login_folded
LEFT JOIN was_target AS wt
  ON wt.group_name_folded = p.slug_folded
  AND wt.user_name_folded = p.user_name_folded
WHERE (g.prefixed IS DISTINCT FROM TRUE)
  AND t.user_name_folded IS NULL
