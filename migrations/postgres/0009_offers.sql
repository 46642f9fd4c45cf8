-- compatible_from: 1
-- Providers and models that are declared here beside those of file and environment.

CREATE TABLE providers (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- What a file would say, without what is secret.
    settings    JSONB NOT NULL,
    -- What is secret, sealed by the master key; NULL: nothing.
    credentials BYTEA,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);

CREATE TABLE models (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- What a file would say.
    settings    JSONB NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    updated_at  TIMESTAMPTZ NOT NULL
);
