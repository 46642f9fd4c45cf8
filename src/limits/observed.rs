//! What limits would have refused that are only observed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use metrics::counter;

use super::holder::Holder;
use super::measure::Measure;
use crate::telemetry::names;

/// How often it is said in the log.
const EVERY: Duration = Duration::from_mins(1);

/// How many limits are named there.
const NAMED: usize = 100;

/// Counts until they are told.
#[derive(Debug, Default)]
pub(super) struct Observed(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    told: Option<Instant>,
    of: BTreeMap<(Arc<str>, Measure), u64>,
}

impl Observed {
    /// Notes that a call passed that a limit would have refused.
    pub(super) fn note(&self, holder: &Holder, measure: Measure) {
        let scope = holder.scope.kind.as_str();
        counter!(names::LIMIT_OBSERVED, "scope" => scope, "measure" => measure.as_str())
            .increment(1);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = (Arc::clone(&holder.id), measure);
        if counts.of.len() < NAMED || counts.of.contains_key(&name) {
            *counts.of.entry(name).or_default() += 1;
        }
    }

    /// Says it, once a minute.
    pub(super) fn tell(&self, now: Instant) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = counts.told.is_none_or(|told| now >= told + EVERY);
        if !due || counts.of.is_empty() {
            return;
        }
        counts.told = Some(now);
        let told = std::mem::take(&mut counts.of);
        drop(counts);
        for ((meter, measure), calls) in told {
            tracing::info!(
                meter = &*meter,
                measure = measure.as_str(),
                calls,
                "a limit that is only observed would have refused calls"
            );
        }
    }
}
