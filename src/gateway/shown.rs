//! The figures of targets whose models are listed: breakers and credentials.

use std::collections::BTreeMap;

use metrics::gauge;

use super::Gateway;
use crate::catalog::health::breaker::Verdict;
use crate::telemetry::names;

impl Gateway {
    /// Sets the figures of breakers and credentials; to be called now and then, and when they change.
    pub fn show_targets(&self) {
        let mut credentials: BTreeMap<(String, usize), bool> = BTreeMap::new();
        for state in self.catalog.targets(self.clock.instant()) {
            let model = state.model.to_string();
            let level = match state.view.breaker {
                Verdict::Closed => 0.0,
                Verdict::HalfOpen | Verdict::Probing(_) => 1.0,
                Verdict::Open(_) => 2.0,
            };
            let provider = state.provider.clone();
            gauge!(names::BREAKER_STATE, "provider" => provider, "model" => model).set(level);
            for (at, refused) in state.refused.into_iter().enumerate() {
                // It may be taken for one model and not for another.
                let credential = (state.provider.clone(), at + 1);
                *credentials.entry(credential).or_default() |= refused;
            }
        }
        for ((provider, number), refused) in credentials {
            let credential = number.to_string();
            gauge!(names::CREDENTIAL_REFUSED, "provider" => provider, "credential" => credential)
                .set(f64::from(u8::from(refused)));
        }
    }
}
