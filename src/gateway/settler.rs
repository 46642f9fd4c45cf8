//! The ends of calls that take a while: tokens to be counted, answers read on for nobody.
//!
//! Whoever has such an end sends it here and goes on; the shutdown waits until all are settled.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::permit::{Ending, Running};
use super::relay::Stream;
use crate::journal::Written;
use crate::models::money::Money;

/// How many endings are counted at once; each may take some milliseconds of a core.
const COUNTING_AT_ONCE: usize = 2;

/// Takes endings; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Settler {
    later: mpsc::UnboundedSender<Later>,
}

/// An end that takes a while.
pub(super) enum Later {
    /// Tokens must be counted before the call can be settled.
    Count {
        running: Box<Running>,
        ending: Box<Ending>,
        done: oneshot::Sender<(Written, Option<Money>)>,
    },
    /// The client left; the provider's answer is read to its end to settle exactly.
    Drain {
        stream: Box<Stream>,
        limit: Duration,
    },
}

impl Settler {
    /// Starts the task that works the endings off.
    ///
    /// The queue is as long as there are calls at most: each sends one end.
    pub(super) fn start(tracker: &TaskTracker) -> Self {
        let (later, mut queue) = mpsc::unbounded_channel();
        let tracker = tracker.clone();
        tokio::spawn(async move {
            let turn = std::sync::Arc::new(tokio::sync::Semaphore::new(COUNTING_AT_ONCE));
            while let Some(end) = queue.recv().await {
                let turn = turn.clone();
                tracker.spawn(async move {
                    match end {
                        Later::Count {
                            running,
                            ending,
                            done,
                        } => {
                            let permit = turn.acquire_owned().await;
                            let settling = tokio::task::spawn_blocking(move || {
                                let settled = running.settle(*ending);
                                drop(permit);
                                settled
                            });
                            if let Ok(settled) = settling.await {
                                // Nobody waits when the client has left.
                                let _ = done.send(settled);
                            }
                        }
                        Later::Drain { stream, limit } => stream.drain(limit).await,
                    }
                });
            }
        });
        Self { later }
    }

    /// Hands over an end. It is lost only when the runtime is gone, and then the hold remains.
    pub(super) fn send(&self, end: Later) {
        let _ = self.later.send(end);
    }
}
