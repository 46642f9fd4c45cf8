-- compatible_from: 1
-- Providers and models that are declared here beside those of file and environment.

CREATE TABLE providers (
    name        TEXT NOT NULL PRIMARY KEY,
    -- What a file would say, without what is secret.
    settings    TEXT NOT NULL,
    -- What is secret, sealed by the master key; NULL: nothing.
    credentials BLOB,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;

CREATE TABLE models (
    name        TEXT NOT NULL PRIMARY KEY,
    -- What a file would say.
    settings    TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
) STRICT;
