SELECT u.user_id, COUNT(*) AS n FROM entra_user AS u JOIN entra_group_member AS m ON u.user_key = m.user_key GROUP BY u.user_id HAVING COUNT(*) > 1 ORDER BY n DESC, u.user_id LIMIT 10
