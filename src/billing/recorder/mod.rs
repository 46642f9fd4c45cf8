//! The recorder: settled calls from the journals to the database, in batches.
//!
//! A batch and the place up to which its journal is recorded are one transaction, and after
//! every trouble the recorder goes on from the *database's* place: a batch that was committed
//! unnoticed, one that a standby never got and one that was never sent are the same to it.
//! Repeats are harmless, since the database takes each request once.
//!
//! `lane` is one journal's way, `batch` how a batch is written and a bad record singled out,
//! `quarantine` where that goes.

mod batch;
mod lane;
mod quarantine;
mod records;
mod task;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::config;
use crate::journal::Journal;
use crate::models::clock::Clock;

pub use records::{Records, Trouble};

use self::task::Task;

/// How recording goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Settled calls of this process that are not in the database.
    pub pending: u64,
    /// Journals of processes that are gone and are not recorded completely.
    pub adopting: usize,
    /// Whether the database took the last batch, or nothing was sent yet.
    pub away: bool,
}

impl Progress {
    /// Whether everything is in the database.
    pub fn is_done(&self) -> bool {
        self.pending == 0 && self.adopting == 0
    }
}

/// The running recorder.
#[derive(Debug)]
pub struct Recorder {
    stop: oneshot::Sender<Duration>,
    progress: watch::Receiver<Progress>,
    task: JoinHandle<Progress>,
}

impl Recorder {
    /// Starts recording: first what processes before this one left, and on until it is finished.
    /// To be called on a runtime.
    pub fn start(
        journal: Journal,
        records: impl Records,
        settings: &config::Journal,
        clock: Clock,
    ) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (told, progress) = watch::channel(Progress::default());
        let task = Task::new(journal, Arc::new(records), settings.clone(), clock, told);
        Self {
            stop,
            progress,
            task: tokio::spawn(task.run(stopped)),
        }
    }

    /// How recording goes, now and later.
    pub fn progress(&self) -> watch::Receiver<Progress> {
        self.progress.clone()
    }

    /// Records what is settled, for as long as `patience` lasts, and closes the journal. What is
    /// left stays on disk for the next process. To be called when no call runs any more.
    pub async fn finish(self, patience: Duration) -> Progress {
        let _ = self.stop.send(patience);
        match self.task.await {
            Ok(progress) => progress,
            Err(error) => {
                tracing::error!(%error, "the recorder broke off; the journal is replayed at the next start");
                *self.progress.borrow()
            }
        }
    }
}

#[cfg(test)]
mod tests;
