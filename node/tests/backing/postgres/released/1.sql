CREATE SCHEMA released_1;
CREATE TABLE released_1.sessions (
    epoch bigint NOT NULL,
    version bigint NOT NULL,
    attempt bigint,
    expires timestamp with time zone NOT NULL,
    locked_since timestamp with time zone,
    timeout integer NOT NULL,
    cookie integer NOT NULL,
    uninitialised boolean NOT NULL,
    cluster text NOT NULL COLLATE pg_catalog."C",
    key bytea NOT NULL,
    body bytea
)
WITH (fillfactor='70', toast_tuple_target='512', autovacuum_vacuum_scale_factor='0.05', toast.autovacuum_vacuum_scale_factor='0.05');
ALTER TABLE ONLY released_1.sessions ALTER COLUMN cluster SET STORAGE PLAIN;
ALTER TABLE ONLY released_1.sessions ALTER COLUMN key SET STORAGE PLAIN;
ALTER TABLE ONLY released_1.sessions ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE TABLE released_1.sweep (next_block bigint NOT NULL);
CREATE TABLE released_1.version (number integer NOT NULL);
INSERT INTO released_1.sessions VALUES (3, 14, 92, '2999-12-31 00:00:00+00', '2026-01-01 00:00:00+00', 20, 7, true, 'shop/', '\x73657373696f6e', '\x626f6479');
INSERT INTO released_1.sessions VALUES (2, 9, NULL, '2999-12-31 00:00:00+00', NULL, 0, 0, false, 'shop/', '\x72656d6f766564', NULL);
INSERT INTO released_1.sessions VALUES (1, 1, NULL, '2026-01-01 00:00:00+00', NULL, 20, 0, false, 'shop/', '\x657870697265642e', '\x626f6479');
INSERT INTO released_1.sweep VALUES (0);
INSERT INTO released_1.version VALUES (1);
ALTER TABLE ONLY released_1.sessions ADD CONSTRAINT sessions_pkey PRIMARY KEY (cluster, key);
GRANT USAGE ON SCHEMA released_1 TO cloakroom;
GRANT ALL ON ALL TABLES IN SCHEMA released_1 TO cloakroom;
