//! The names of all figures on `/metrics`, in one place, so that a dashboard can rely on them.

/// Requests answered, by `route`, `method` and `status` (the class, `2xx`).
pub const HTTP_REQUESTS: &str = "manti_http_requests_total";
/// Refusals told to clients, by `route` and `code`.
pub const HTTP_ERRORS: &str = "manti_http_errors_total";
/// Open client connections.
pub const CONNECTIONS: &str = "manti_connections";
/// Requests that are being answered.
pub const REQUESTS_RUNNING: &str = "manti_requests_running";
/// Calls settled, by `endpoint`, `provider`, `model` and `status`.
pub const CALLS: &str = "manti_calls_total";
/// Calls that ended in an error, by `endpoint`, `provider` and `code`.
pub const CALL_ERRORS: &str = "manti_call_errors_total";
/// Seconds from a request's arrival to the end of its answer, by `endpoint` and `provider`.
pub const CALL_SECONDS: &str = "manti_call_duration_seconds";
/// Seconds from a request's arrival to its first content, by `endpoint` and `provider`.
pub const FIRST_TOKEN_SECONDS: &str = "manti_first_token_seconds";
/// Tokens used, by `provider`, `model` and `kind`.
pub const TOKENS: &str = "manti_tokens_total";
/// What providers charge in US dollars, by `provider` and `model`.
pub const COST: &str = "manti_cost_usd_total";
/// Calls recorded without a price, by `provider` and `model`.
pub const UNPRICED: &str = "manti_unpriced_calls_total";
/// Usage figures that came after their call was settled and changed nothing.
pub const LATE_USAGE: &str = "manti_late_usage_total";
/// Settled calls in the journal that are not in the database yet.
pub const JOURNAL_DEPTH: &str = "manti_journal_pending_records";
/// Seconds since the oldest of them was settled.
pub const JOURNAL_AGE: &str = "manti_journal_oldest_seconds";
/// Bytes the journal takes on disk.
pub const JOURNAL_BYTES: &str = "manti_journal_bytes";
/// Seconds from a call's settlement to its row in the database, for the last batch.
pub const RECORDER_LAG: &str = "manti_recorder_lag_seconds";
/// Batches written to the database, by `result`.
pub const RECORDER_BATCHES: &str = "manti_recorder_batches_total";
/// Records that are in the database.
pub const RECORDED: &str = "manti_recorded_total";
/// Records that the database refused and that lie in quarantine.
pub const QUARANTINED: &str = "manti_quarantined_total";
/// Database connections, by `pool` and `state` (`idle`, `used`).
pub const DATABASE_CONNECTIONS: &str = "manti_database_connections";
/// Whether the last try to reach the database succeeded.
pub const DATABASE_UP: &str = "manti_database_up";
/// Attempts that failed, by `provider` and `class`.
pub const ATTEMPT_FAILURES: &str = "manti_attempt_failures_total";
/// Failures that were followed by no other attempt because the budget for those was spent.
pub const RETRIES_DENIED: &str = "manti_retries_denied_total";
/// Calls that would have gone to another target if what is only observed were followed, by the
/// `provider` they would have gone to.
pub const ROUTE_OBSERVED: &str = "manti_route_observed_total";
/// A target's breaker, by `provider` and `model`: 0 closed, 1 half open, 2 open.
pub const BREAKER_STATE: &str = "manti_breaker_state";
/// Whether a provider does not take a credential, by `provider` and `credential`.
pub const CREDENTIAL_REFUSED: &str = "manti_credential_refused";
/// Upstream connections opened.
pub const UPSTREAM_CONNECTIONS: &str = "manti_upstream_connections_total";
/// Credentials that were looked up, by `from` (`cache`, `database`).
pub const CREDENTIAL_LOOKUPS: &str = "manti_credential_lookups_total";
/// Calls that limits hold for, by the `way` it was known whether they pass (`slice`: from what this
/// process held; `authority`: the database was asked; `recall`: others were asked to give back).
pub const LIMIT_TAKES: &str = "manti_limit_takes_total";
/// Calls that a limit refused, by `scope` (key, user, team, model) and `measure`.
pub const LIMIT_REFUSALS: &str = "manti_limit_refusals_total";
/// Calls that passed a limit which is only observed and would have refused them, by `scope` and
/// `measure`.
pub const LIMIT_OBSERVED: &str = "manti_limit_observed_total";
/// Settlements of limits with their authority, by `authority` (`database`, `redis`) and `result`
/// (`ok`, `away`).
pub const LIMIT_SETTLEMENTS: &str = "manti_limit_settlements_total";
/// Whether the authority for limits answered last time.
pub const LIMIT_AUTHORITY: &str = "manti_limit_authority_up";
/// Whether Redis, where it is configured, answered last time.
pub const REDIS_UP: &str = "manti_redis_up";
/// Processes that share the limits, this one included.
pub const REPLICAS: &str = "manti_replicas";
/// The version that runs, as a label.
pub const BUILD_INFO: &str = "manti_build_info";
