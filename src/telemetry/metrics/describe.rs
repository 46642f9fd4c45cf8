//! What the figures are, for whoever reads `/metrics`.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};

use crate::telemetry::names;

/// Describes every figure, and begins those that a dashboard wants before anything has happened.
pub(super) fn all() {
    describe_counter!(names::HTTP_REQUESTS, "Requests answered.");
    describe_counter!(names::HTTP_ERRORS, "Refusals told to clients.");
    describe_gauge!(names::CONNECTIONS, "Open client connections.");
    describe_gauge!(names::REQUESTS_RUNNING, "Requests that are being answered.");
    describe_counter!(names::CALLS, "Calls settled.");
    describe_counter!(names::CALL_ERRORS, "Calls that ended in an error.");
    describe_histogram!(
        names::CALL_SECONDS,
        "Seconds from a request's arrival to the end of its answer."
    );
    describe_histogram!(
        names::FIRST_TOKEN_SECONDS,
        "Seconds from a request's arrival to its first content."
    );
    describe_counter!(names::TOKENS, "Tokens used.");
    describe_counter!(names::UNPRICED, "Calls recorded without a price.");
    describe_counter!(
        names::LATE_USAGE,
        "Usage figures that came after their call was settled."
    );
    describe_gauge!(
        names::JOURNAL_DEPTH,
        "Settled calls that are not in the database yet."
    );
    describe_gauge!(
        names::JOURNAL_AGE,
        "Seconds since the oldest pending record was settled."
    );
    describe_gauge!(names::JOURNAL_BYTES, "Bytes the journal takes on disk.");
    describe_gauge!(
        names::RECORDER_LAG,
        "Seconds from a settlement to its row in the database."
    );
    describe_counter!(names::RECORDER_BATCHES, "Batches written to the database.");
    describe_counter!(names::RECORDED, "Records written to the database.");
    describe_counter!(names::QUARANTINED, "Records in quarantine.");
    describe_gauge!(names::DATABASE_CONNECTIONS, "Database connections.");
    describe_gauge!(
        names::DATABASE_UP,
        "Whether the last try to reach the database succeeded."
    );
    describe_counter!(names::ATTEMPT_FAILURES, "Attempts that failed.");
    describe_counter!(
        names::RETRIES_DENIED,
        "Failures that no attempt followed because the budget was spent."
    );
    describe_counter!(
        names::ROUTE_OBSERVED,
        "Calls that would have gone elsewhere by what is only observed."
    );
    describe_gauge!(
        names::BREAKER_STATE,
        "A target's breaker: 0 closed, 1 half open, 2 open."
    );
    describe_gauge!(
        names::CREDENTIAL_REFUSED,
        "Whether a provider does not take a credential."
    );
    describe_counter!(names::UPSTREAM_CONNECTIONS, "Upstream connections opened.");
    describe_counter!(names::CREDENTIAL_LOOKUPS, "Credentials looked up.");
    describe_gauge!(names::BUILD_INFO, "The version that runs.");
    for name in [
        names::LATE_USAGE,
        names::RECORDED,
        names::QUARANTINED,
        names::RETRIES_DENIED,
    ] {
        counter!(name).absolute(0);
    }
    for name in [
        names::CONNECTIONS,
        names::REQUESTS_RUNNING,
        names::JOURNAL_DEPTH,
    ] {
        gauge!(name).set(0.0);
    }
}
