-- compatible_from: 1
-- One row a call, its sums, and how far each journal has been recorded.

CREATE TABLE usage (
    created_at            TEXT NOT NULL,
    request_id            TEXT NOT NULL,
    user_id               TEXT NOT NULL,
    account_id            TEXT NOT NULL,
    key_id                TEXT,
    end_user              TEXT,
    tags                  TEXT NOT NULL,
    endpoint              TEXT NOT NULL,
    requested_model       TEXT NOT NULL,
    provider              TEXT NOT NULL,
    model                 TEXT NOT NULL,
    status                TEXT NOT NULL,
    http_status           INTEGER NOT NULL,
    stream                INTEGER NOT NULL,
    attempts              INTEGER NOT NULL,
    input_tokens          INTEGER NOT NULL,
    cached_input_tokens   INTEGER NOT NULL,
    cache_write_5m_tokens INTEGER NOT NULL,
    cache_write_1h_tokens INTEGER NOT NULL,
    output_tokens         INTEGER NOT NULL,
    reasoning_tokens      INTEGER NOT NULL,
    units                 TEXT NOT NULL,
    -- Nano-dollars; NULL: unknown.
    cost                  INTEGER,
    price                 INTEGER,
    prices                TEXT NOT NULL,
    price_source          TEXT NOT NULL,
    usage_source          TEXT NOT NULL,
    flags                 TEXT NOT NULL,
    latency_ms            INTEGER NOT NULL,
    ttft_ms               INTEGER,
    error_code            TEXT,
    PRIMARY KEY (created_at, request_id)
) STRICT, WITHOUT ROWID;

-- No index by user, key or model: each would cost more than the rest of a row's writing. Lists
-- that are narrowed by those find the quarters of an hour to read in the sums below.
CREATE INDEX usage_by_request ON usage (request_id);

-- Sums of 15 minutes by the columns that reports group by.
CREATE TABLE usage_rollup (
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
    PRIMARY KEY (bucket, user_id, key_id, endpoint, requested_model, provider, model, status)
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_rollup_by_user ON usage_rollup (user_id, bucket);
CREATE INDEX usage_rollup_by_key ON usage_rollup (key_id, bucket);
CREATE INDEX usage_rollup_by_model ON usage_rollup (model, bucket);
CREATE INDEX usage_rollup_by_requested_model ON usage_rollup (requested_model, bucket);

-- Up to where each journal is in the tables above; moves in the same transaction.
CREATE TABLE journal_cursor (
    replica    TEXT NOT NULL PRIMARY KEY,
    segment    INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;
