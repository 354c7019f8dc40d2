INSERT INTO entra_user VALUES (1); DROP TABLE entra_user
