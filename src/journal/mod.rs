//! The journal: what calls hold and settle, on the local disk before anybody goes on.
//!
//! A call is held before its provider is asked and settled before its end is released; the
//! recorder (`billing::recorder`) carries settlements to the database later. Each process writes
//! a journal of its own, `journal/<replica>/`, under a lock that dies with it:
//!
//! - `frame`: what is written, with a checksum; `segment`: the files, whose room is taken from
//!   the disk before it is needed; `scan`: reading them over what a crash left;
//! - `writer`: the lock's state and the rule by which a settlement always has room;
//! - `keeper`: the thread that prepares segments, forces them to disk and removes them;
//! - [`Dead`]: the journal of a process that is gone, to be replayed.
//!
//! Nothing here knows the database.

mod dead;
mod folder;
mod frame;
mod hold;
mod holds;
mod keeper;
mod live;
mod read;
mod scan;
mod segment;
mod shared;
mod warm;
mod writer;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::models::usage::{Cursor, Record};

pub use dead::{Dead, Found, Survey, dead};
pub use hold::Hold;
pub use live::Journal;

/// The folder of journals under the data directory.
pub const FOLDER: &str = "journal";
/// The folder beside the journals where unrecordable things are put.
pub const QUARANTINE: &str = "quarantine";

/// There is no room for another call: refuse it with `storage_full` before the provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal has no room for another call")]
pub struct Full;

/// A settlement that was read back.
#[derive(Debug, Clone)]
pub struct Settled {
    /// Where its frame ends: once it is recorded, the cursor.
    pub end: Cursor,
    /// How many settlements the journal had up to it.
    pub sequence: u64,
    /// What was settled.
    pub record: Arc<Record>,
}

/// Settlements in the order in which they were written.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// What was settled.
    pub settled: Vec<Settled>,
    /// Where to go on reading.
    pub next: Cursor,
    /// How many settlements there are up to there, where that is known.
    pub count: Option<u64>,
    /// Frames that are whole but hold no record that this version can read.
    pub unreadable: Vec<Unreadable>,
}

/// A frame that holds no record that this version can read.
#[derive(Debug, Clone)]
pub struct Unreadable {
    /// Where it ends.
    pub end: Cursor,
    /// What it holds.
    pub payload: Vec<u8>,
}

/// What a journal holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// How many settlements were written.
    pub settled: u64,
    /// How many calls are held.
    pub held: usize,
    /// Bytes of disk.
    pub bytes: u64,
    /// Where the next frame goes.
    pub tail: Cursor,
}

/// Ready when a frame is as safe as `journal.fsync` asks, at once unless that is `always`; tells
/// whether it is: a disk may fail.
#[derive(Debug, Default)]
#[must_use]
pub struct Written(Option<tokio::sync::oneshot::Receiver<bool>>);

impl Written {
    /// Ready already.
    pub const fn at_once() -> Self {
        Self(None)
    }
}

impl Future for Written {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        match &mut self.0 {
            None => Poll::Ready(true),
            Some(receiver) => Pin::new(receiver)
                .poll(context)
                .map(|safe| safe.unwrap_or(false)),
        }
    }
}

#[cfg(test)]
mod tests;
