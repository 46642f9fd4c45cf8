//! What runs beside the calls, one file a job.

pub(super) mod reload;
mod tidy;
mod upkeep;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use self::reload::Reload;
use super::Running;
use super::prepare::Prepare;
use crate::auth::Authenticator;
use crate::billing::recorder::Recorder;
use crate::config::{self, Secret};
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::limits::Sharing;
use crate::models::clock::Clock;
use crate::offers::{self, Offers};
use crate::store::Store;

/// How long the recorder may take to write down what is left.
const LAST_RECORDS: Duration = Duration::from_secs(10);

/// What the jobs work with.
pub(super) struct Jobs {
    /// Where the settings come from, when that is known.
    pub(super) reload: Option<Reload>,
    pub(super) authenticator: Authenticator,
    pub(super) offers: Offers,
    pub(super) gateway: Arc<Gateway>,
    pub(super) store: Store,
    pub(super) journal: Journal,
    pub(super) settings: config::Journal,
    /// How long a process that is cut off from the database goes on serving.
    pub(super) grace: Duration,
    /// Where Redis is, if it grants what is limited.
    pub(super) redis: Option<Secret>,
    pub(super) clock: Clock,
}

/// The recorder, which begins once the database is prepared.
pub(super) struct Recording {
    journal: Journal,
    recorder: Arc<Mutex<Option<Recorder>>>,
}

impl Jobs {
    /// Starts all jobs; those that need the database once it is prepared: a batch that is refused
    /// because its table is not there yet would be taken for a bad one.
    pub(super) fn start(mut self, running: &Running, prepare: Prepare) -> Recording {
        let recording = Recording {
            journal: self.journal.clone(),
            recorder: Arc::default(),
        };
        running.tasks.spawn(upkeep::run(
            Arc::clone(&self.gateway),
            self.store.clone(),
            running.stop.clone(),
        ));
        if let Some(reload) = self.reload.take() {
            running.tasks.spawn(reload.run(running.stop.clone()));
        }
        let recorder = Arc::clone(&recording.recorder);
        let jobs = running.clone();
        running.tasks.spawn(async move {
            if prepare.finish(&jobs.stop).await {
                self.begin(&jobs, &recorder);
            }
        });
        recording
    }

    fn begin(self, running: &Running, recorder: &Mutex<Option<Recorder>>) {
        let limits = self.gateway.limits().clone();
        let sharing_with = Sharing {
            store: self.store.clone(),
            replica: self.journal.replica().to_owned(),
            grace: self.grace,
            redis: self.redis,
        };
        let stop = running.stop.clone();
        let sharing = limits.clone();
        running
            .tasks
            .spawn(async move { sharing.share(sharing_with, stop).await });
        let started = Recorder::start(
            self.journal,
            self.store.clone(),
            &self.settings,
            self.clock.clone(),
        );
        *recorder.lock().unwrap_or_else(PoisonError::into_inner) = Some(started);
        let (authenticator, stop) = (self.authenticator, running.stop.clone());
        let told = authenticator.subscribe(offers::KINDS);
        running
            .tasks
            .spawn(self.offers.watch(told, running.stop.clone()));
        running.tasks.spawn(async move {
            let tell = |changes: &[_]| limits.hear(changes);
            authenticator.watch(stop, tell).await;
        });
        running
            .tasks
            .spawn(tidy::run(self.store, self.clock, running.stop.clone()));
    }
}

impl Recording {
    /// Writes down what is left, as far as the database takes it.
    pub(super) async fn finish(self) {
        let recorder = self
            .recorder
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(recorder) = recorder else {
            if let Err(error) = self.journal.close() {
                tracing::warn!(error = %error, "the journal was not closed in order");
            }
            return;
        };
        let progress = recorder.finish(LAST_RECORDS).await;
        if progress.pending > 0 {
            tracing::warn!(
                records = progress.pending,
                "not everything is in the database: the next start takes it from the journal"
            );
        }
    }
}
