-- compatible_from: 1
-- API keys and the digests of their secrets. A key that is being rotated has two digests for a while.

CREATE TABLE api_keys (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id),
    name         TEXT NOT NULL,
    prefix       TEXT NOT NULL,
    -- models, rpm, tpm, max_parallel, allowed_ips
    rules        JSONB NOT NULL,
    status       TEXT NOT NULL CHECK (status IN ('active', 'revoked')),
    expires_at   TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    rotated_at   TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL,
    updated_at   TIMESTAMPTZ NOT NULL
);

CREATE INDEX api_keys_by_user ON api_keys (user_id, id);

CREATE TABLE key_digests (
    -- SHA-256 of the secret in hex.
    digest      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    key_id      TEXT COLLATE "C" NOT NULL REFERENCES api_keys (id),
    -- When a rotated secret stops working; NULL: it is the current one.
    valid_until TIMESTAMPTZ,
    created_at  TIMESTAMPTZ NOT NULL
);

CREATE INDEX key_digests_by_key ON key_digests (key_id);
