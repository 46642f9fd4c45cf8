-- compatible_from: 1
-- Limits that hold across processes: what counts, and who is there.

CREATE TABLE meters (
    -- key:key_…, user:usr_…, team:team_…, model:NAME, key:key_…/PATTERN
    id         TEXT NOT NULL PRIMARY KEY,
    -- JSON by measure: the window, and what each replica holds of it.
    state      TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE replicas (
    id          TEXT NOT NULL PRIMARY KEY,
    -- Counts up each time the lease ran out and was taken again.
    epoch       INTEGER NOT NULL,
    -- How many replicas it knew of, itself included.
    seen        INTEGER NOT NULL,
    renewed_at  TEXT NOT NULL,
    expires_at  TEXT NOT NULL,
    -- Who grants it requests, tokens and calls at once: database, redis.
    authority   TEXT NOT NULL,
    -- When it was stopped, or its journal taken over: it serves nobody any more.
    released_at TEXT
) STRICT;
