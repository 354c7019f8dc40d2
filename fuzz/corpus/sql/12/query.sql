SELECT CAST('2026-01-01' AS DATE) AS d, DATE '2026-01-01' AS e, 1.5e3 AS f, -7 % 3 AS g, 'it''s' || "a" AS h
