-- ---
-- id  = "views/access_by_source"
-- doc = "How many people of each source reach AWS accounts, and by how many paths: one row per source, the source told by the address type that its sync writes. People whose name could not be read count as one."
-- ---
SELECT
  source,
  COUNT(*) AS people,
  COUNT(CASE WHEN privileged_paths > 0 THEN 1 END) AS privileged_people,
  SUM(paths) AS paths,
  SUM(privileged_paths) AS privileged_paths
FROM (
  SELECT
    source,
    person_folded,
    COUNT(*) AS paths,
    COUNT(CASE WHEN privileged = TRUE THEN 1 END) AS privileged_paths
  FROM (
    SELECT
      CASE
        WHEN e.email_type_folded = s.identity_center_entra_email_type_folded THEN 'Entra'
        WHEN e.email_type_folded = s.identity_center_github_email_type_folded THEN 'GitHub'
        ELSE 'not known'
      END AS source,
      e.person_folded AS person_folded,
      e.privileged AS privileged
    FROM effective_access AS e
    CROSS JOIN setting AS s
  ) AS told
  GROUP BY
    source,
    person_folded
) AS counted
GROUP BY source
