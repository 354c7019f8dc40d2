-- ---
-- id  = "views/approval_that_counts"
-- doc = "The one approval that decides for a prefixed group: the newest, then the last line of the register."
-- ---
SELECT
  group_key,
  line,
  approved_id,
  approver,
  ticket,
  approved_at,
  expires_at
FROM (
  SELECT
    group_key,
    line,
    approved_id,
    approver,
    ticket,
    approved_at,
    expires_at,
    ROW_NUMBER() OVER (
      PARTITION BY group_key
      ORDER BY
        CASE WHEN approved_at IS NULL THEN 0 ELSE 1 END DESC,
        approved_at DESC,
        line DESC
    ) AS place
  FROM approval_by_group
) AS ranked
WHERE place = 1
