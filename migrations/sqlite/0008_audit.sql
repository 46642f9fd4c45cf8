-- compatible_from: 1
-- What was done by whom: rows are added, never changed, never deleted. Nothing in them names a
-- person, who may be.

CREATE TABLE audit (
    id           TEXT NOT NULL PRIMARY KEY,
    at           TEXT NOT NULL,
    -- NULL: whoever runs commands or sets up.
    actor_id     TEXT,
    via          TEXT NOT NULL CHECK (via IN ('api', 'cli', 'setup')),
    action       TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject      TEXT NOT NULL,
    -- JSON, secrets masked; NULL: it was not there, or is gone.
    before       TEXT,
    after        TEXT,
    request_id   TEXT,
    address      TEXT
) STRICT;

CREATE INDEX audit_by_actor ON audit (actor_id, id);
CREATE INDEX audit_by_subject ON audit (subject, id);

CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;

CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE(ABORT, 'the audit log is only added to');
END;
