//! Counting: handles that are registered once and kept, with labels that cannot grow.
//!
//! A label's value comes from the configuration, the price book or the program itself, never from
//! a request: a model that nobody configured counts as `other`. [`call`] counts a settled call,
//! [`refusal`] and [`request`] what the HTTP side answered; everything else sets a figure of
//! [`names`] through the `metrics` macros after [`install`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use foldhash::{HashMap, HashSet};
use metrics::{Counter, counter, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

mod describe;
mod series;

use self::series::Series;
use super::{names, process};
use crate::models::money::Money;
use crate::models::usage::Record;

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

/// Counts an attempt that failed; the provider is one that is configured.
pub fn attempt_failed(provider: &str, class: &'static str) {
    let provider = provider.to_owned();
    counter!(names::ATTEMPT_FAILURES, "provider" => provider, "class" => class).increment(1);
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
        describe::all();
        gauge!(names::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        handle
    })
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
        let model = {
            let known = read(&self.models);
            let answered = &*record.model;
            [answered, undated(answered)]
                .into_iter()
                .find(|name| known.contains(*name))
                .unwrap_or(OTHER)
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
                    *sum = sum.saturating_add(series.cost());
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

/// Counters by their labels.
#[derive(Default)]
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

/// A model's name without the date behind it: `gpt-4o` for `gpt-4o-2024-08-06`.
fn undated(name: &str) -> &str {
    let dated = |shape: &str| {
        let (short, date) = name.split_at_checked(name.len().checked_sub(shape.len())?)?;
        let fits = date.bytes().zip(shape.bytes()).all(|(byte, expected)| {
            byte == expected || (expected == b'0' && byte.is_ascii_digit())
        });
        (fits && !short.is_empty()).then_some(short)
    };
    dated("-0000-00-00")
        .or_else(|| dated("-00000000"))
        .unwrap_or(name)
}

/// A label's value as the text format wants it.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests;
