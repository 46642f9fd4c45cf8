//! The figures of targets whose models are listed: breakers and credentials.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use metrics::gauge;

use super::Gateway;
use crate::catalog::TargetState;
use crate::catalog::health::breaker::Verdict;
use crate::telemetry::names;

/// What was set last. The recorder forgets nothing: what is gone would keep its alarm for ever.
#[derive(Default)]
pub(super) struct Shown(Mutex<BTreeMap<Figure, f64>>);

/// One series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Figure {
    Breaker {
        provider: String,
        model: String,
    },
    Credential {
        provider: String,
        /// From one.
        number: usize,
    },
}

impl Gateway {
    /// Sets the figures of breakers and credentials; to be called now and then, and when they change.
    pub fn show_targets(&self) {
        let now = figures(self.catalog.targets(self.clock.instant()));
        let mut shown = self.shown.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gone = shown.keys().filter(|figure| !now.contains_key(figure));
        gone.for_each(|figure| figure.set(0.0));
        for (figure, value) in &now {
            figure.set(*value);
        }
        *shown = now;
    }
}

fn figures(targets: Vec<TargetState>) -> BTreeMap<Figure, f64> {
    let mut figures = BTreeMap::new();
    for state in targets {
        let level = match state.view.breaker {
            Verdict::Closed => 0.0,
            Verdict::HalfOpen | Verdict::Probing(_) => 1.0,
            Verdict::Open(_) => 2.0,
        };
        for (number, refused) in (1..).zip(state.refused) {
            let credential = Figure::Credential {
                provider: state.provider.clone(),
                number,
            };
            // It may be taken for one model and not for another.
            let value: &mut f64 = figures.entry(credential).or_default();
            *value = value.max(f64::from(u8::from(refused)));
        }
        let breaker = Figure::Breaker {
            provider: state.provider,
            model: state.model.to_string(),
        };
        figures.insert(breaker, level);
    }
    figures
}

impl Figure {
    fn set(&self, value: f64) {
        let gauge = match self.clone() {
            Self::Breaker { provider, model } => {
                gauge!(names::BREAKER_STATE, "provider" => provider, "model" => model)
            }
            Self::Credential { provider, number } => {
                let credential = number.to_string();
                gauge!(names::CREDENTIAL_REFUSED, "provider" => provider, "credential" => credential)
            }
        };
        gauge.set(value);
    }
}
