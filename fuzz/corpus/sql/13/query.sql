EXPLAIN SELECT * FROM entra_group
