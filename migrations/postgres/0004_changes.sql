-- compatible_from: 1
-- What changed, for the caches of every process.

CREATE TABLE change_version (
    id      BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    version BIGINT NOT NULL
);

INSERT INTO change_version (id, version) VALUES (1, 0);

CREATE TABLE change_log (
    version BIGINT NOT NULL,
    -- user, key, session
    kind    TEXT NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (version, kind, subject)
);
