//! What one call has taken, and how it is settled.

use std::sync::Arc;
use std::time::Instant;

use super::Limits;
use super::holder::Holder;
use super::measure::Measure;

/// What one call has taken. Dropped, it gives everything back, but for what was settled: of that
/// the place alone.
#[derive(Debug)]
pub struct Taken {
    limits: Limits,
    uses: Vec<Use>,
    settled: bool,
}

/// What a call has taken of one meter.
#[derive(Debug)]
pub(super) struct Use {
    pub(super) holder: Arc<Holder>,
    pub(super) measure: Measure,
    pub(super) amount: u64,
    /// Where it was taken.
    pub(super) mark: (u64, u64),
}

impl Taken {
    pub(super) fn new(limits: Limits, uses: Vec<Use>) -> Self {
        Self {
            limits,
            uses,
            settled: false,
        }
    }

    /// Takes over what was taken besides.
    pub fn join(&mut self, mut other: Self) {
        self.uses.append(&mut other.uses);
    }

    /// Whether something of a scope's was taken.
    pub(super) fn is_of(&self, holder: &Arc<Holder>) -> bool {
        self.uses
            .iter()
            .any(|taken| Arc::ptr_eq(&taken.holder, holder))
    }

    /// Replaces the estimate of tokens by what was used, as is known now.
    ///
    /// What is left goes back to the moment it was taken. What was used beyond the estimate counts
    /// from now on: a long call's first second may have left the window already.
    pub fn settle(mut self, used: u64) {
        self.settled = true;
        let used = used.min(super::slice::MOST);
        for taken in &self.uses {
            if !taken.measure.is_tokens() {
                continue;
            }
            if used > taken.amount {
                self.take(taken, used - taken.amount);
            } else {
                self.give(taken, taken.amount - used);
            }
        }
    }

    /// Gives everything back: the call is not made after all.
    pub fn undo(self) {
        drop(self);
    }

    fn take(&self, taken: &Use, amount: u64) {
        let now = self.limits.0.time.there(Instant::now());
        taken.holder.lock().of(taken.measure).take(now, amount);
        self.limits.0.holders.enlist(&taken.holder);
    }

    fn give(&self, taken: &Use, amount: u64) {
        let now = self.limits.0.time.there(Instant::now());
        let mut slices = taken.holder.lock();
        slices.of(taken.measure).give(now, taken.mark, amount);
        drop(slices);
        self.limits.0.holders.enlist(&taken.holder);
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        for taken in &self.uses {
            if taken.measure == Measure::Parallel || !self.settled {
                self.give(taken, taken.amount);
            }
        }
    }
}
