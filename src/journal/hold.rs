//! A call between its hold and its settlement.

use std::sync::Arc;

use super::Written;
use super::frame;
use super::shared::Shared;
use super::writer::Held;

/// A call that is held. Dropped without being settled, it is settled as interrupted.
#[derive(Debug)]
#[must_use]
pub struct Hold {
    held: Option<(Held, u64)>,
    written: Written,
    shared: Arc<Shared>,
}

impl Hold {
    pub(super) fn new(held: Held, number: u64, written: Written, shared: Arc<Shared>) -> Self {
        Self {
            held: Some((held, number)),
            written,
            shared,
        }
    }

    /// Takes what a settlement needs.
    pub(super) fn take(&mut self) -> Option<(Held, u64)> {
        self.held.take()
    }

    /// Ready when the hold is as safe as `journal.fsync` asks: at once unless that is `always`.
    /// To be awaited before the provider is asked, who is not asked when it is not safe.
    pub fn written(&mut self) -> Written {
        std::mem::replace(&mut self.written, Written::at_once())
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some((held, number)) = self.held.take() else {
            return;
        };
        // Its frame may be carried to another segment while it is looked for.
        let mut tries = (0..3).map(|_| {
            let place = self.shared.lock().holds.get(held.slot)?;
            let bytes = self.shared.frame(place).ok()?;
            let (_, payload) = frame::read(&bytes)?;
            frame::record(payload)
        });
        let record = tries.find_map(|record| record);
        if let Some(record) = record {
            let record = Arc::new(frame::interrupted(record));
            drop(self.shared.settle(held, number, record));
        } else {
            tracing::error!("a held call was dropped, and its hold cannot be read back");
        }
    }
}
