-- compatible_from: 1
-- What was done by whom: rows are added, never changed, never deleted. Nothing in them names a
-- person, who may be.

CREATE TABLE audit (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at           TIMESTAMPTZ NOT NULL,
    -- NULL: whoever runs commands or sets up.
    actor_id     TEXT COLLATE "C",
    via          TEXT NOT NULL CHECK (via IN ('api', 'cli', 'setup')),
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject      TEXT COLLATE "C" NOT NULL,
    -- Secrets masked; NULL: it was not there, or is gone.
    before       JSONB,
    after        JSONB,
    request_id   TEXT,
    address      TEXT
);

CREATE INDEX audit_by_actor ON audit (actor_id, id);
CREATE INDEX audit_by_subject ON audit (subject, id);

CREATE FUNCTION audit_is_only_added_to() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log is only added to';
END
$$;

CREATE TRIGGER audit_is_only_added_to BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_only_added_to();
