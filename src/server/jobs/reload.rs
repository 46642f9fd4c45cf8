//! Settings that change while the server runs: told by SIGHUP, and seen in the files every second.
//!
//! What can be changed without a call noticing is: providers, models, `[upstream]`, `[stream]` and
//! `[billing]`. What else changed is named, and waits for the next start. Settings that are not
//! valid change nothing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::{MissedTickBehavior, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::{self, Complaints, Config, Loaded, Seen, Sources};
use crate::gateway::Gateway;
use crate::offers::Offers;

/// How often the files are looked at.
const EVERY: Duration = Duration::from_secs(1);

/// How long files that changed must rest before they are read: somebody may still be writing.
const REST: Duration = Duration::from_millis(100);

/// How long reading them may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is needed to change the settings.
pub(in crate::server) struct Reload {
    pub(in crate::server) sources: Sources,
    /// What the files said that were read last.
    pub(in crate::server) seen: Seen,
    /// The settings of the start, of which some are in force until the end.
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
        let mut in_force = self.offers.settings();
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                () = heard(&mut hung_up) => true,
                _ = tick.tick() => false,
            };
            let changed = tokio::select! {
                () = stop.cancelled() => return,
                changed = self.changed() => changed,
            };
            if asked || changed {
                self.reload().await;
            }
            // They may also have waited for rows of the database.
            let now = self.offers.settings();
            if !Arc::ptr_eq(&in_force, &now) {
                self.follow(&now);
                in_force = now;
            }
        }
    }

    /// Whether the files say something else than what was read last, and rest.
    async fn changed(&self) -> bool {
        let now = look(&self.seen).await;
        if now.as_ref().is_none_or(|now| *now == self.seen) {
            return false;
        }
        sleep(REST).await;
        look(&self.seen).await == now
    }

    async fn reload(&mut self) {
        let loaded = match self.load().await {
            Ok(Ok(loaded)) => loaded,
            Ok(Err(complaints)) => {
                for complaint in &complaints.errors {
                    tracing::error!(setting = complaint.name(), "{complaint}");
                }
                return self.offers.refuse(complaints.to_string()).await;
            }
            Err(problem) => return self.offers.refuse(problem).await,
        };
        for warning in &loaded.warnings {
            tracing::warn!(setting = warning.name(), "{warning}");
        }
        self.offers.rebase(loaded.config).await;
    }

    /// Reads the files, unless that could take for ever.
    async fn load(&mut self) -> Result<Result<Loaded, Complaints>, String> {
        let paths = self.sources.paths().chain(self.seen.paths());
        let paths: Vec<PathBuf> = paths.map(PathBuf::from).collect();
        let (sources, before) = (self.sources.clone(), self.seen.clone());
        let reading = spawn_blocking(move || {
            if let Some(pipe) = paths.iter().find(|path| config::is_pipe(path)) {
                let problem = format!("{} is no file: only a start reads it", pipe.display());
                return (before.now(), Err(problem));
            }
            let mut seen = Seen::default();
            let loaded = config::load_noting(&sources, &mut seen);
            (seen, Ok(loaded))
        });
        let Ok(Ok((seen, loaded))) = timeout(PATIENCE, reading).await else {
            return Err("the files could not be read in time".to_owned());
        };
        self.seen = seen;
        loaded
    }

    /// Puts in force what else can be, of settings that are in force.
    fn follow(&self, settings: &Config) {
        self.gateway.set_stream(settings.stream.clone());
        for section in waiting(&self.config, settings) {
            tracing::warn!(section, "this change waits for the next start");
        }
        tracing::info!("the settings are in force as the files have them");
    }
}

/// What the files say now, if it can be seen.
async fn look(seen: &Seen) -> Option<Seen> {
    let seen = seen.clone();
    spawn_blocking(move || seen.now()).await.ok()
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
