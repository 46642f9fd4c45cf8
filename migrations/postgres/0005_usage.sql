-- compatible_from: 1
-- One row a call, its sums, and how far each journal has been recorded.

CREATE TABLE usage (
    created_at            TIMESTAMPTZ NOT NULL,
    request_id            TEXT COLLATE "C" NOT NULL,
    user_id               TEXT COLLATE "C" NOT NULL,
    account_id            TEXT COLLATE "C" NOT NULL,
    key_id                TEXT COLLATE "C",
    end_user              TEXT,
    tags                  JSONB NOT NULL,
    endpoint              TEXT NOT NULL,
    requested_model       TEXT NOT NULL,
    provider              TEXT NOT NULL,
    model                 TEXT NOT NULL,
    status                TEXT NOT NULL,
    http_status           BIGINT NOT NULL,
    stream                BOOLEAN NOT NULL,
    attempts              BIGINT NOT NULL,
    input_tokens          BIGINT NOT NULL,
    cached_input_tokens   BIGINT NOT NULL,
    cache_write_5m_tokens BIGINT NOT NULL,
    cache_write_1h_tokens BIGINT NOT NULL,
    output_tokens         BIGINT NOT NULL,
    reasoning_tokens      BIGINT NOT NULL,
    units                 JSONB NOT NULL,
    -- Nano-dollars; NULL: unknown.
    cost                  BIGINT,
    price                 BIGINT,
    prices                JSONB NOT NULL,
    price_source          TEXT NOT NULL,
    usage_source          TEXT NOT NULL,
    flags                 JSONB NOT NULL,
    latency_ms            BIGINT NOT NULL,
    ttft_ms               BIGINT,
    error_code            TEXT,
    PRIMARY KEY (created_at, request_id)
) PARTITION BY RANGE (created_at);

-- No index by user, key or model: each would cost more than the rest of a row's writing. Lists
-- that are narrowed by those find the quarters of an hour to read in the sums below.
CREATE INDEX usage_by_request ON usage (request_id);

CREATE TABLE usage_default PARTITION OF usage DEFAULT;

-- Makes the partition of a month unless it is there; rows that went to DEFAULT meanwhile move in.
CREATE FUNCTION usage_partition(month DATE) RETURNS BOOLEAN LANGUAGE plpgsql AS $$
DECLARE
    first_day DATE := date_trunc('month', month::TIMESTAMP)::DATE;
    starts    TIMESTAMPTZ := first_day::TIMESTAMP AT TIME ZONE 'UTC';
    ends      TIMESTAMPTZ := (first_day + INTERVAL '1 month') AT TIME ZONE 'UTC';
    named     TEXT := 'usage_' || to_char(first_day, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('manti'), hashtext('usage_partition'));
    IF to_regclass(quote_ident(named)) IS NOT NULL THEN
        RETURN FALSE;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE usage INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', named);
    EXECUTE format(
        'WITH moved AS (DELETE FROM usage_default WHERE created_at >= %L AND created_at < %L RETURNING *)
         INSERT INTO %I SELECT * FROM moved', starts, ends, named);
    EXECUTE format('ALTER TABLE usage ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', named, starts, ends);
    RETURN TRUE;
END
$$;

-- Sums of 15 minutes by the columns that reports group by.
CREATE TABLE usage_rollup (
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
    PRIMARY KEY (bucket, user_id, key_id, endpoint, requested_model, provider, model, status)
) WITH (fillfactor = 70);

CREATE INDEX usage_rollup_by_user ON usage_rollup (user_id, bucket);
CREATE INDEX usage_rollup_by_key ON usage_rollup (key_id, bucket);
CREATE INDEX usage_rollup_by_model ON usage_rollup (model, bucket);
CREATE INDEX usage_rollup_by_requested_model ON usage_rollup (requested_model, bucket);

-- Up to where each journal is in the tables above; moves in the same transaction.
CREATE TABLE journal_cursor (
    replica    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    segment    BIGINT NOT NULL,
    position   BIGINT NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL
);
