//! Where calls wait for the teller.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{Notify, watch};

/// Rounds of the teller, and who waits for them.
#[derive(Debug)]
pub(super) struct Desk {
    begun: AtomicU64,
    ended: watch::Sender<u64>,
    bell: Notify,
}

/// A place in a round that has not begun.
#[derive(Debug)]
pub(super) struct Ticket {
    round: u64,
    ended: watch::Receiver<u64>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            begun: AtomicU64::new(0),
            ended: watch::Sender::new(0),
            bell: Notify::new(),
        }
    }
}

impl Desk {
    /// Wakes the teller: there is something to settle.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits for the bell.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// A place in the next round, which takes up everything that is wanted by now.
    pub(super) fn ticket(&self) -> Ticket {
        let ticket = Ticket {
            round: self.begun.load(Ordering::SeqCst) + 1,
            ended: self.ended.subscribe(),
        };
        self.ring();
        ticket
    }

    /// A round begins.
    pub(super) fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A round has ended.
    pub(super) fn end(&self, round: u64) {
        self.ended.send_replace(round);
    }
}

impl Ticket {
    /// Waits until its round has ended.
    pub(super) async fn wait(mut self) {
        // The desk outlives whoever waits at it.
        let _ = self.ended.wait_for(|ended| *ended >= self.round).await;
    }
}
