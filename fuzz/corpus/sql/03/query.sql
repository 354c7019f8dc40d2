WITH read_parquet AS (SELECT 1 AS a) SELECT * FROM read_parquet('/outside/x.parquet')
