SELECT CASE WHEN enabled IS NULL THEN 'unknown' WHEN enabled THEN 'yes' ELSE 'no' END AS e, ROW_NUMBER() OVER (PARTITION BY user_type ORDER BY user_id) AS r FROM entra_user
