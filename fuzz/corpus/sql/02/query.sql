WITH a AS (SELECT account_id FROM aws_secret), b AS (SELECT account_id FROM a) SELECT * FROM b UNION ALL SELECT account_id FROM aws_access_key
