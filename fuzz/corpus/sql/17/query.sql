SELECT COALESCE(SPLIT_PART(user_principal_name, '@', 2), '') AS d FROM entra_user WHERE LOWER(user_type) = 'guest' ORDER BY 1 NULLS LAST OFFSET 3
