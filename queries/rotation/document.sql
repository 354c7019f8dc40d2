-- ---
-- id  = "rotation/document"
-- doc = "Documents that the secrets register names for the secrets of the chain."
-- ---
SELECT DISTINCT s.document AS document
FROM registered_secret AS s
JOIN rotation_member AS r
  ON r.secret_folded = s.registered_secret_folded
