//! The settlements of the last moments in memory, so that the recorder need not read them back.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Settled;
use crate::models::usage::{Cursor, Record};

/// How many are kept; with the database away the oldest are read back from disk later.
const MOST: usize = 4096;

/// Every settlement after a place, until there are too many.
#[derive(Debug, Default)]
pub(super) struct Warm {
    /// All settlements after it are here.
    from: Cursor,
    settled: VecDeque<Settled>,
}

impl Warm {
    pub(super) fn push(&mut self, end: Cursor, sequence: u64, record: Arc<Record>) {
        if self.settled.len() == MOST {
            self.drop_first(1);
        }
        self.settled.push_back(Settled {
            end,
            sequence,
            record,
        });
    }

    /// Takes up to `most` settlements after a place, if they are all here.
    pub(super) fn take(&mut self, after: Cursor, most: usize) -> Option<Vec<Settled>> {
        if after < self.from {
            return None;
        }
        let old = self.settled.partition_point(|settled| settled.end <= after);
        self.drop_first(old);
        let count = most.min(self.settled.len());
        let taken: Vec<_> = self.settled.drain(..count).collect();
        if let Some(last) = taken.last() {
            self.from = last.end;
        }
        Some(taken)
    }

    /// Whether there is nothing to take.
    pub(super) fn is_empty(&self) -> bool {
        self.settled.is_empty()
    }

    fn drop_first(&mut self, count: usize) {
        if let Some(last) = self.settled.drain(..count).next_back() {
            self.from = last.end;
        }
    }
}
