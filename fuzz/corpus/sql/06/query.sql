SELECT * FROM main.aws_secret AS s WHERE s.name LIKE '%x%' AND s.deleted_at IS NULL
