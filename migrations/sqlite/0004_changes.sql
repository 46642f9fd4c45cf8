-- compatible_from: 1
-- What changed, for the caches of every process.

CREATE TABLE change_version (
    id      INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
) STRICT;

INSERT INTO change_version (id, version) VALUES (1, 0);

CREATE TABLE change_log (
    version INTEGER NOT NULL,
    -- user, key, session
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    PRIMARY KEY (version, kind, subject)
) STRICT;
