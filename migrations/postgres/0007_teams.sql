-- compatible_from: 1
-- Teams, who belongs to them, what users and teams may use, and what was used for which team.

CREATE TABLE teams (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT NOT NULL,
    -- As those of a key.
    rules      JSONB NOT NULL,
    -- Set: gone; the row stays for the name in reports.
    deleted_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);

CREATE UNIQUE INDEX teams_by_name ON teams (name) WHERE deleted_at IS NULL;

CREATE TABLE team_members (
    team_id    TEXT COLLATE "C" NOT NULL REFERENCES teams (id),
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    role       TEXT NOT NULL CHECK (role IN ('team-admin', 'member')),
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (team_id, user_id)
);

CREATE INDEX team_members_by_user ON team_members (user_id, team_id);

ALTER TABLE api_keys ADD COLUMN team_id TEXT COLLATE "C" REFERENCES teams (id);
CREATE INDEX api_keys_by_team ON api_keys (team_id, id) WHERE team_id IS NOT NULL;

-- As those of a key; NULL: none.
ALTER TABLE users ADD COLUMN rules JSONB;

ALTER TABLE usage ADD COLUMN team_id TEXT COLLATE "C";

-- Sums of 15 minutes of the calls that were made for a team, which are in usage_rollup too: a
-- column there would have to be part of its key, and all its rows be written anew.
CREATE TABLE usage_team_rollup (
    team_id               TEXT COLLATE "C" NOT NULL,
    bucket                TIMESTAMPTZ NOT NULL,
    user_id               TEXT COLLATE "C" NOT NULL,
    -- Empty: a signed-in user without a key.
    key_id                TEXT COLLATE "C" NOT NULL,
    endpoint              TEXT COLLATE "C" NOT NULL,
    requested_model       TEXT COLLATE "C" NOT NULL,
    provider              TEXT COLLATE "C" NOT NULL,
    model                 TEXT COLLATE "C" NOT NULL,
    status                TEXT COLLATE "C" NOT NULL,
    requests              BIGINT NOT NULL,
    errors                BIGINT NOT NULL,
    unpriced              BIGINT NOT NULL,
    input_tokens          BIGINT NOT NULL,
    cached_input_tokens   BIGINT NOT NULL,
    cache_write_tokens    BIGINT NOT NULL,
    output_tokens         BIGINT NOT NULL,
    reasoning_tokens      BIGINT NOT NULL,
    cost                  BIGINT NOT NULL,
    price                 BIGINT NOT NULL,
    PRIMARY KEY (team_id, bucket, user_id, key_id, endpoint, requested_model, provider, model, status)
) WITH (fillfactor = 70);

CREATE INDEX usage_team_rollup_by_bucket ON usage_team_rollup (bucket);
