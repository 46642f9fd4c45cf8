//! The ends of calls that take a while: tokens to be counted, answers read on for nobody.
//!
//! Whoever has such an end sends it here and goes on; the shutdown waits until all are settled.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio_util::task::TaskTracker;

use super::relay::Stream;
use super::settlement::{Bill, Counted, Ending, Running};
use crate::journal::Written;

/// How many texts are counted at once; each may take some milliseconds of a core.
const COUNTING_AT_ONCE: usize = 2;

/// The longest text that is counted.
const LONGEST_COUNTED: usize = 512 * 1024;

/// How many bytes may wait to be counted: a second or two of work.
const MOST_WAITING: usize = 8 * 1024 * 1024;

/// Takes endings; cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Settler {
    later: mpsc::UnboundedSender<Later>,
    desk: Arc<Desk>,
}

/// What counting may take of memory and processor.
#[derive(Debug)]
struct Desk {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// The right to have a text counted, in its turn.
#[derive(Debug)]
pub(super) struct Ticket {
    desk: Arc<Desk>,
    bytes: usize,
}

impl Desk {
    fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(COUNTING_AT_ONCE)),
            waiting: AtomicUsize::new(0),
        }
    }

    fn ticket(self: &Arc<Self>, bytes: usize) -> Option<Ticket> {
        if bytes > LONGEST_COUNTED {
            return None;
        }
        let ticket = Ticket {
            desk: Arc::clone(self),
            bytes,
        };
        let before = self.waiting.fetch_add(bytes, Ordering::Relaxed);
        (before.saturating_add(bytes) <= MOST_WAITING).then_some(ticket)
    }
}

impl Ticket {
    /// Waits for its turn, which lasts as long as what is returned.
    pub(super) async fn turn(self) -> impl Send + 'static {
        let turn = Arc::clone(&self.desk.turns).acquire_owned().await;
        (turn, self)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.desk.waiting.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An end that takes a while.
pub(super) enum Later {
    /// Tokens must be counted before the call can be settled.
    Count {
        running: Box<Running>,
        ending: Box<Ending>,
        ticket: Ticket,
        done: oneshot::Sender<(Written, Bill)>,
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
            while let Some(end) = queue.recv().await {
                tracker.spawn(async move {
                    match end {
                        Later::Count {
                            running,
                            ending,
                            ticket,
                            done,
                        } => {
                            let turn = ticket.turn().await;
                            let settling = tokio::task::spawn_blocking(move || {
                                let settled = running.settle(*ending, Counted::Exactly);
                                drop(turn);
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
        Self {
            later,
            desk: Arc::new(Desk::new()),
        }
    }

    /// The right to have so many bytes of text counted; `None` when they are too many, or too
    /// many wait already: then they are to be estimated.
    pub(super) fn ticket(&self, bytes: usize) -> Option<Ticket> {
        self.desk.ticket(bytes)
    }

    /// Hands over an end. It is lost only when the runtime is gone, and then the hold remains.
    pub(super) fn send(&self, end: Later) {
        let _ = self.later.send(end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_long_or_comes_while_much_waits_is_not_counted() {
        let desk = Arc::new(Desk::new());
        assert!(desk.ticket(LONGEST_COUNTED + 1).is_none());
        let many = MOST_WAITING / LONGEST_COUNTED;
        let waiting: Vec<_> = (0..many).map(|_| desk.ticket(LONGEST_COUNTED)).collect();
        assert!(waiting.iter().all(Option::is_some));
        assert!(desk.ticket(1).is_none());
        drop(waiting);
        assert!(desk.ticket(LONGEST_COUNTED).is_some());
        assert_eq!(desk.waiting.load(Ordering::Relaxed), 0);
    }
}
