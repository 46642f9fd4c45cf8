//! Settings that change while the server runs: told by SIGHUP, and seen in the files every second.
//!
//! What can be changed without a call noticing is: providers, models, `[upstream]`, `[stream]` and
//! `[billing]`. What else changed is named, and waits for the next start. Settings that are not
//! valid change nothing.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::config::{self, Config, Sources};
use crate::gateway::Gateway;
use crate::offers::Offers;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// What is needed to change the settings.
pub(in crate::server) struct Reload {
    pub(in crate::server) sources: Sources,
    /// As they are in force, but for what waits for the next start.
    pub(in crate::server) config: Config,
    pub(in crate::server) offers: Offers,
    pub(in crate::server) gateway: Arc<Gateway>,
}

impl Reload {
    /// Looks for changes until stopped.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut hung_up = signal(SignalKind::hangup()).ok();
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut seen = self.digest().await;
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                () = heard(&mut hung_up) => true,
                _ = tick.tick() => false,
            };
            let digest = self.digest().await;
            if asked || digest != seen {
                seen = digest;
                self.reload().await;
            }
        }
    }

    async fn reload(&mut self) {
        let loaded = match config::load(&self.sources) {
            Ok(loaded) => loaded,
            Err(complaints) => {
                for complaint in &complaints.errors {
                    tracing::error!(setting = complaint.name(), "{complaint}");
                }
                return self.refuse(&complaints.to_string());
            }
        };
        for warning in &loaded.warnings {
            tracing::warn!(setting = warning.name(), "{warning}");
        }
        if let Err(problem) = self.offers.rebase(loaded.config.clone()).await {
            return self.refuse(&problem);
        }
        self.gateway.set_stream(loaded.config.stream.clone());
        self.offers.complain(None);
        for section in waiting(&self.config, &loaded.config) {
            tracing::warn!(section, "this change waits for the next start");
        }
        tracing::info!("the settings are in force as the files have them");
    }

    fn refuse(&self, problem: &str) {
        tracing::error!(
            error = problem,
            "the settings are not in force: what was before stays"
        );
        self.offers.complain(Some(problem));
    }

    /// Of the files as they are.
    async fn digest(&self) -> u64 {
        let mut digest = DefaultHasher::new();
        for path in self.sources.paths() {
            tokio::fs::read(path).await.ok().hash(&mut digest);
        }
        digest.finish()
    }
}

/// Ready at a SIGHUP; never where none can be heard.
async fn heard(hung_up: &mut Option<Signal>) {
    match hung_up {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// The sections that differ and that only a start puts in force.
fn waiting(now: &Config, next: &Config) -> Vec<&'static str> {
    let sections = [
        ("server", now.server != next.server),
        ("database", now.database != next.database),
        ("redis", now.redis != next.redis),
        ("journal", now.journal != next.journal),
        ("limits", now.limits != next.limits),
        ("log", now.log != next.log),
    ];
    let differ = sections.into_iter().filter(|(_, differs)| *differs);
    differ.map(|(section, _)| section).collect()
}
