//! What is counted of settled calls.

use std::sync::atomic::{AtomicI64, Ordering};

use metrics::{Counter, Histogram, counter, histogram};

use super::{Handles, bounded_code};
use crate::models::usage::{Record, Status};
use crate::telemetry::names;

/// What is counted for an endpoint, a provider and a model.
pub(super) struct Series {
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
    pub(super) fn register(endpoint: &str, provider: &str, model: &str) -> Self {
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
            errors: Handles::default(),
            endpoint,
            provider,
        }
    }

    pub(super) fn count(&self, record: &Record) {
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

    /// What providers charged, in nano-dollars.
    pub(super) fn cost(&self) -> i64 {
        self.cost.load(Ordering::Relaxed)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no call lasts the centuries it takes to lose a millisecond"
)]
fn seconds(ms: u64) -> f64 {
    ms as f64 / 1000.0
}
