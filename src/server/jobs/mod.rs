//! What runs beside the calls, one file a job.

mod upkeep;

use super::Running;
use super::prepare::Prepare;
use crate::api::Parts;
use crate::config::Config;
use crate::journal::Journal;

/// What carries the journal to the database.
pub(super) struct Recording;

impl Recording {
    /// Writes down what is left.
    #[expect(clippy::unused_async, reason = "its body comes with the recorder")]
    pub(super) async fn finish(self) {}
}

/// Starts all jobs.
pub(super) fn start(
    running: &Running,
    parts: &Parts,
    journal: &Journal,
    prepare: Prepare,
    config: &Config,
) -> Recording {
    let _ = (journal, config);
    let stop = || running.stop.clone();
    running.tasks.spawn(prepare.finish(stop()));
    let authenticator = parts.authenticator.clone();
    let watched = stop();
    running
        .tasks
        .spawn(async move { authenticator.watch(watched).await });
    running.tasks.spawn(upkeep::run(
        parts.gateway.clone(),
        parts.store.clone(),
        stop(),
    ));
    Recording
}
