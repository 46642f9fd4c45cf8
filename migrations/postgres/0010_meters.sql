-- compatible_from: 1
-- Limits that hold across processes: what counts, and who is there.

-- Rows are written again and again in place: half of each page stays free for that.
CREATE TABLE meters (
    -- key:key_…, user:usr_…, team:team_…, model:NAME, key:key_…/PATTERN
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- JSON by measure: the window, and what each replica holds of it.
    state      TEXT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE replicas (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    -- Counts up each time the lease ran out and was taken again.
    epoch       BIGINT NOT NULL,
    -- How many replicas it knew of, itself included.
    seen        BIGINT NOT NULL,
    renewed_at  TIMESTAMPTZ NOT NULL,
    expires_at  TIMESTAMPTZ NOT NULL,
    -- Who grants it requests, tokens and calls at once: database, redis.
    authority   TEXT NOT NULL,
    -- When it was stopped, or its journal taken over: it serves nobody any more.
    released_at TIMESTAMPTZ
) WITH (fillfactor = 50);
