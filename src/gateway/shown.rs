//! The figures of targets whose models are listed: breakers and credentials.

use metrics::gauge;

use super::Gateway;
use crate::catalog::health::breaker::Verdict;
use crate::telemetry::names;

impl Gateway {
    /// Sets the figures of breakers and credentials; to be called now and then, and when they change.
    pub fn show_targets(&self) {
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
                let (provider, credential) = (state.provider.clone(), (at + 1).to_string());
                gauge!(names::CREDENTIAL_REFUSED, "provider" => provider, "credential" => credential)
                    .set(f64::from(u8::from(refused)));
            }
        }
    }
}
