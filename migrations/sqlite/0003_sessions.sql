-- compatible_from: 1
-- Signing in: sessions, wrong tries, the set-up link, and generated secrets.

CREATE TABLE sessions (
    id         TEXT NOT NULL PRIMARY KEY,
    user_id    TEXT NOT NULL REFERENCES users (id),
    -- The user's epoch at sign-in; the session is dead once that has moved.
    epoch      INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

CREATE TABLE refresh_tokens (
    -- SHA-256 of the token in hex.
    digest     TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    -- When it was exchanged for the next one; seen again after that, it is stolen.
    used_at    TEXT,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);

CREATE TABLE login_attempts (
    -- SHA-256 in hex of the account or address that was tried.
    subject  TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL,
    first_at TEXT NOT NULL
) STRICT;

CREATE INDEX login_attempts_by_age ON login_attempts (first_at);

CREATE TABLE setup_tokens (
    -- SHA-256 of the token in hex.
    digest     TEXT NOT NULL PRIMARY KEY,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

CREATE TABLE secrets (
    name       TEXT NOT NULL PRIMARY KEY,
    value      TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
