-- compatible_from: 1
-- People. A deleted one keeps the row, without anything that names them.

CREATE TABLE users (
    id            TEXT NOT NULL PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    role          TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    status        TEXT NOT NULL CHECK (status IN ('active', 'disabled', 'deleted')),
    account_id    TEXT NOT NULL UNIQUE,
    -- argon2id; NULL: cannot sign in.
    password_hash TEXT,
    -- Goes up when tokens issued before must no longer work.
    epoch         INTEGER NOT NULL DEFAULT 0,
    created_at    TEXT NOT NULL,
    updated_at    TEXT NOT NULL
) STRICT;
