-- compatible_from: 1
-- Teams, who belongs to them, what users and teams may use, and what was used for which team.

CREATE TABLE teams (
    id         TEXT NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    -- As those of a key.
    rules      TEXT NOT NULL,
    -- Set: gone; the row stays for the name in reports.
    deleted_at TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX teams_by_name ON teams (name) WHERE deleted_at IS NULL;

CREATE TABLE team_members (
    team_id    TEXT NOT NULL REFERENCES teams (id),
    user_id    TEXT NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('team-admin', 'member')),
    created_at TEXT NOT NULL,
    PRIMARY KEY (team_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX team_members_by_user ON team_members (user_id, team_id);

ALTER TABLE api_keys ADD COLUMN team_id TEXT REFERENCES teams (id);
CREATE INDEX api_keys_by_team ON api_keys (team_id, id) WHERE team_id IS NOT NULL;

-- As those of a key; NULL: none.
ALTER TABLE users ADD COLUMN rules TEXT;

ALTER TABLE usage ADD COLUMN team_id TEXT;

-- Sums of 15 minutes of the calls that were made for a team, which are in usage_rollup too: a
-- column there would have to be part of its key, and all its rows be written anew.
CREATE TABLE usage_team_rollup (
    team_id               TEXT NOT NULL,
    bucket                TEXT NOT NULL,
    user_id               TEXT NOT NULL,
    -- Empty: a signed-in user without a key.
    key_id                TEXT NOT NULL,
    endpoint              TEXT NOT NULL,
    requested_model       TEXT NOT NULL,
    provider              TEXT NOT NULL,
    model                 TEXT NOT NULL,
    status                TEXT NOT NULL,
    requests              INTEGER NOT NULL,
    errors                INTEGER NOT NULL,
    unpriced              INTEGER NOT NULL,
    input_tokens          INTEGER NOT NULL,
    cached_input_tokens   INTEGER NOT NULL,
    cache_write_tokens    INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    reasoning_tokens      INTEGER NOT NULL,
    cost                  INTEGER NOT NULL,
    price                 INTEGER NOT NULL,
    PRIMARY KEY (team_id, bucket, user_id, key_id, endpoint, requested_model, provider, model, status)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_team_rollup_by_bucket ON usage_team_rollup (bucket);
