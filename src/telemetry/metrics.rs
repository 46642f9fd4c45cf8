//! Counting: handles that are registered once and kept, with labels that cannot grow.
//!
//! A label's value comes from the configuration, the price book or the program itself, never from
//! a request: a model that nobody configured counts as `other`. [`call`] counts a settled call,
//! [`refusal`] and [`request`] what the HTTP side answered; everything else sets a figure of
//! [`names`] through the `metrics` macros after [`install`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use metrics::{Counter, Histogram, counter, describe_counter, describe_gauge, describe_histogram};
use metrics::{gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::{names, process};
use crate::models::money::Money;
use crate::models::usage::{Record, Status};

/// What a label says when the value is not one that was configured.
pub const OTHER: &str = "other";

/// The codes that may appear as a label: the contract's.
const CODES: &[&str] = &[
    "invalid_api_key",
    "model_not_allowed",
    "ip_not_allowed",
    "account_disabled",
    "permission_error",
    "model_not_found",
    "not_found",
    "invalid_json",
    "invalid_value",
    "unsupported_parameter",
    "price_unknown",
    "conflict",
    "request_too_large",
    "rate_limit_exceeded",
    "database_unavailable",
    "storage_full",
    "shutting_down",
    "no_usable_target",
    "upstream_error",
    "upstream_timeout",
    "upstream_overloaded",
    "stream_interrupted",
    "internal_error",
];

/// Upper bounds of the latency buckets in seconds.
const SECONDS: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0,
];

/// Starts counting; later calls change nothing.
pub fn install() {
    handle();
}

/// Everything counted so far in Prometheus' text format.
pub fn render() -> String {
    let mut out = handle().render();
    registry().render_cost(&mut out);
    process::render(&mut out);
    out
}

/// Folds the observations since the last time into their buckets, so that they do not pile up
/// while nobody asks.
pub fn upkeep() {
    handle().run_upkeep();
}

/// Names the models that may appear as a label; all others count as [`OTHER`].
pub fn know_models(models: impl IntoIterator<Item = String>) {
    let mut known = write(&registry().models);
    known.extend(models);
}

/// Counts a settled call.
pub fn call(record: &Record) {
    registry().call(record);
}

/// Counts an answered request by its route, method and status.
pub fn request(route: &'static str, method: &'static str, status: u16) {
    let class = match status {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    registry()
        .requests
        .of((route, method, class), || {
            counter!(names::HTTP_REQUESTS, "route" => route, "method" => method, "status" => class)
        })
        .increment(1);
}

/// Counts a refusal by its route and the code the client was told.
pub fn refusal(route: &'static str, code: Option<&str>) {
    let code = bounded_code(code);
    registry()
        .refusals
        .of(
            (route, code),
            || counter!(names::HTTP_ERRORS, "route" => route, "code" => code),
        )
        .increment(1);
}

/// The code itself when it is one of the contract's, else [`OTHER`].
fn bounded_code(code: Option<&str>) -> &'static str {
    let Some(code) = code else { return "none" };
    CODES
        .iter()
        .find(|known| **known == code)
        .copied()
        .unwrap_or(OTHER)
}

fn handle() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), SECONDS)
            .unwrap_or_default()
            .build_recorder();
        let handle = recorder.handle();
        // Another recorder in the process can only be a test's: ours then renders nothing.
        let _ = metrics::set_global_recorder(recorder);
        describe();
        gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        for name in [names::LATE_USAGE, names::RECORDED, names::QUARANTINED] {
            counter!(name).absolute(0);
        }
        for name in [
            names::CONNECTIONS,
            names::REQUESTS_RUNNING,
            names::JOURNAL_DEPTH,
        ] {
            gauge!(name).set(0.0);
        }
        handle
    })
}

fn describe() {
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
    describe_counter!(names::UPSTREAM_CONNECTIONS, "Upstream connections opened.");
    describe_counter!(names::CREDENTIAL_LOOKUPS, "Credentials looked up.");
    describe_gauge!(names::BUILD_INFO, "The version that runs.");
}

/// Handles by endpoint, provider and model.
type ByModel = HashMap<String, HashMap<String, HashMap<String, Arc<Series>>>>;

/// Handles by their label values, so that counting neither formats nor allocates.
struct Registry {
    models: RwLock<HashSet<String>>,
    series: RwLock<ByModel>,
    requests: Handles<(&'static str, &'static str, &'static str)>,
    refusals: Handles<(&'static str, &'static str)>,
}

fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        install();
        Registry {
            models: RwLock::default(),
            series: RwLock::default(),
            requests: Handles(RwLock::default()),
            refusals: Handles(RwLock::default()),
        }
    })
}

impl Registry {
    fn call(&self, record: &Record) {
        let model = if read(&self.models).contains(&*record.model) {
            &*record.model
        } else {
            OTHER
        };
        self.series(&record.endpoint, &record.provider, model)
            .count(record);
    }

    fn series(&self, endpoint: &str, provider: &str, model: &str) -> Arc<Series> {
        let found = read(&self.series)
            .get(endpoint)
            .and_then(|providers| providers.get(provider))
            .and_then(|models| models.get(model))
            .map(Arc::clone);
        found.unwrap_or_else(|| {
            Arc::clone(
                write(&self.series)
                    .entry(endpoint.to_owned())
                    .or_default()
                    .entry(provider.to_owned())
                    .or_default()
                    .entry(model.to_owned())
                    .or_insert_with(|| Arc::new(Series::register(endpoint, provider, model))),
            )
        })
    }

    /// Costs are kept and written here: exact nano-dollars, which no gauge could add up.
    fn render_cost(&self, out: &mut String) {
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        for providers in read(&self.series).values() {
            for (provider, models) in providers {
                for (model, series) in models {
                    let sum = sums.entry((provider.clone(), model.clone())).or_default();
                    *sum = sum.saturating_add(series.cost.load(Ordering::Relaxed));
                }
            }
        }
        let name = names::COST;
        let _ = writeln!(
            out,
            "# HELP {name} What providers charge in US dollars.\n# TYPE {name} counter"
        );
        for ((provider, model), nanos) in sums {
            let (provider, model) = (escaped(&provider), escaped(&model));
            let cost = Money::from_nanos(nanos);
            let _ = writeln!(
                out,
                "{name}{{provider=\"{provider}\",model=\"{model}\"}} {cost}"
            );
        }
        out.push('\n');
    }
}

/// What is counted for an endpoint, a provider and a model.
struct Series {
    endpoint: String,
    provider: String,
    calls: [Counter; 5],
    tokens: [Counter; 5],
    unpriced: Counter,
    cost: AtomicI64,
    duration: Histogram,
    first_token: Histogram,
    errors: Handles<&'static str>,
}

impl Series {
    fn register(endpoint: &str, provider: &str, model: &str) -> Self {
        let owned = |text: &str| text.to_owned();
        let (endpoint, provider, model) = (owned(endpoint), owned(provider), owned(model));
        let calls = |status: Status| {
            counter!(
                names::CALLS,
                "endpoint" => endpoint.clone(),
                "provider" => provider.clone(),
                "model" => model.clone(),
                "status" => status.as_str(),
            )
        };
        let tokens = |kind: &'static str| {
            counter!(
                names::TOKENS,
                "provider" => provider.clone(),
                "model" => model.clone(),
                "kind" => kind,
            )
        };
        Self {
            calls: [
                calls(Status::Ok),
                calls(Status::Error),
                calls(Status::Cancelled),
                calls(Status::Interrupted),
                calls(Status::Rejected),
            ],
            tokens: [
                tokens("input"),
                tokens("cached_input"),
                tokens("cache_write"),
                tokens("output"),
                tokens("reasoning"),
            ],
            unpriced: counter!(
                names::UNPRICED,
                "provider" => provider.clone(),
                "model" => model.clone(),
            ),
            cost: AtomicI64::new(0),
            duration: histogram!(
                names::CALL_SECONDS,
                "endpoint" => endpoint.clone(),
                "provider" => provider.clone(),
            ),
            first_token: histogram!(
                names::FIRST_TOKEN_SECONDS,
                "endpoint" => endpoint.clone(),
                "provider" => provider.clone(),
            ),
            errors: Handles(RwLock::default()),
            endpoint,
            provider,
        }
    }

    fn count(&self, record: &Record) {
        let status = match record.status {
            Status::Ok => 0,
            Status::Error => 1,
            Status::Cancelled => 2,
            Status::Interrupted => 3,
            Status::Rejected => 4,
        };
        self.calls[status].increment(1);
        let used = &record.tokens;
        let written = used.cache_write_5m.saturating_add(used.cache_write_1h);
        let counts = [
            used.input,
            used.cached_input,
            written,
            used.output,
            used.reasoning,
        ];
        for (counter, count) in self.tokens.iter().zip(counts) {
            if count > 0 {
                counter.increment(count);
            }
        }
        match record.cost {
            Some(cost) => {
                self.cost.fetch_add(cost.nanos().max(0), Ordering::Relaxed);
            }
            None if record.status != Status::Rejected => self.unpriced.increment(1),
            None => {}
        }
        self.duration.record(seconds(record.latency_ms));
        if let Some(ms) = record.ttft_ms {
            self.first_token.record(seconds(ms));
        }
        if let Some(code) = &record.error_code {
            let code = bounded_code(Some(code));
            self.errors
                .of(code, || {
                    counter!(
                        names::CALL_ERRORS,
                        "endpoint" => self.endpoint.clone(),
                        "provider" => self.provider.clone(),
                        "code" => code,
                    )
                })
                .increment(1);
        }
    }
}

/// Counters by their labels.
struct Handles<K>(RwLock<HashMap<K, Counter>>);

impl<K: std::hash::Hash + Eq> Handles<K> {
    fn of(&self, key: K, register: impl FnOnce() -> Counter) -> Counter {
        if let Some(counter) = read(&self.0).get(&key) {
            return counter.clone();
        }
        write(&self.0).entry(key).or_insert_with(register).clone()
    }
}

fn read<T>(lock: &RwLock<T>) -> std::sync::RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

fn write<T>(lock: &RwLock<T>) -> std::sync::RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no call lasts the centuries it takes to lose a millisecond"
)]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}

/// A label's value as the text format wants it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::clock::Clock;
    use crate::models::usage::{Source, Tokens};

    fn record(model: &str) -> Record {
        Record {
            request_id: "req_1".into(),
            created_at: Clock::system().now(),
            user_id: "usr_1".into(),
            account_id: "acc_1".into(),
            key_id: None,
            end_user: None,
            tags: BTreeMap::new(),
            endpoint: "chat.completions".into(),
            requested_model: "whatever".into(),
            provider: "metered".into(),
            model: model.into(),
            status: Status::Ok,
            http_status: 200,
            stream: false,
            attempts: 1,
            tokens: Tokens {
                input: 3,
                ..Tokens::default()
            },
            cost: Some(Money::from_nanos(1)),
            price: None,
            prices: BTreeMap::new(),
            price_source: "none".into(),
            usage_source: Source::Provider,
            flags: Vec::new(),
            latency_ms: 12,
            ttft_ms: None,
            error_code: None,
        }
    }

    #[test]
    fn a_model_that_nobody_configured_adds_no_label() {
        know_models(["known-model".to_owned()]);
        call(&record("known-model"));
        for junk in 0..50 {
            call(&record(&format!("junk-{junk}")));
        }
        let text = render();
        assert!(!text.contains("junk-"), "{text}");
        let cost = format!(
            "{}{{provider=\"metered\",model=\"{OTHER}\"}} 0.000000050",
            names::COST
        );
        assert!(text.contains(&cost), "{text}");
        assert!(
            text.contains(
                "manti_tokens_total{provider=\"metered\",model=\"known-model\",kind=\"input\"} 3"
            ),
            "{text}"
        );
        assert!(
            text.contains("manti_call_duration_seconds_bucket"),
            "{text}"
        );
    }

    #[test]
    fn a_code_that_is_not_the_contracts_counts_as_other() {
        assert_eq!(bounded_code(Some("invalid_api_key")), "invalid_api_key");
        assert_eq!(bounded_code(Some("whatever a provider says")), OTHER);
        assert_eq!(bounded_code(None), "none");
    }
}
