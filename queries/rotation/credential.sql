-- ---
-- id  = "rotation/credential"
-- doc = "Every credential of the chain, with the days until its period or its end."
-- ---
SELECT
  c.credential AS credential,
  c.kind AS kind,
  c.issued_at AS issued_at,
  c.expires_at AS expires_at,
  f.days AS rotation_days,
  a.age_days AS age_days,
  f.days - a.age_days AS days_until_period,
  x.days_left AS days_until_end,
  r.role AS role,
  c.registered_secret AS registered_secret
FROM credential AS c
JOIN rotation_member AS r
  ON r.secret_folded = c.registered_secret_folded
CROSS JOIN setting AS s
LEFT JOIN secret_policy AS y
  ON y.registered_secret_folded = c.registered_secret_folded
LEFT JOIN period AS f
  ON f.days = COALESCE(
    y.rotation_days,
    CASE WHEN c.store = 'entra' THEN s.secret_entra_rotation_days ELSE s.secret_default_rotation_days END
  )
LEFT JOIN (
  SELECT
    i.credential AS aged,
    MAX(d.days) AS age_days
  FROM credential AS i
  JOIN rotation_member AS r
    ON r.secret_folded = i.registered_secret_folded
  CROSS JOIN period AS d
  WHERE d.cutoff >= i.issued_at
  GROUP BY i.credential
) AS a
  ON a.aged = c.credential
LEFT JOIN (
  SELECT
    i.credential AS ending,
    MAX(d.days) AS days_left
  FROM credential AS i
  JOIN rotation_member AS r
    ON r.secret_folded = i.registered_secret_folded
  CROSS JOIN period AS d
  WHERE d.horizon <= i.expires_at
  GROUP BY i.credential
) AS x
  ON x.ending = c.credential
