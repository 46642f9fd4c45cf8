//! The journal: what calls hold and settle, on the local disk before anybody goes on.
//!
//! A call is held before its provider is asked and settled before its end is released. The
//! recorder (`billing::recorder`) carries settlements to the database later.

use std::future::Future;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::config;
use crate::models::usage::Record;

/// The journal of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Journal {
    replica: Arc<str>,
}

/// There is no room for another call: refuse it with `storage_full` before the provider is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the journal has no room for another call")]
pub struct Full;

impl Journal {
    /// Opens a fresh journal under the data directory.
    pub fn open(data_dir: &Path, settings: &config::Journal) -> io::Result<Self> {
        let _ = (data_dir, settings);
        Ok(Self {
            replica: crate::models::id::mint("rep").into(),
        })
    }

    /// The id of this process's journal.
    pub fn replica(&self) -> &str {
        &self.replica
    }

    /// Writes a call that is about to be made, as it would read if the gateway died at once,
    /// and reserves the room for its settlement.
    pub fn hold(&self, record: &Record) -> Result<Hold, Full> {
        let _ = record;
        Ok(Hold {
            written: Written(None),
        })
    }

    /// Writes how a held call ended. Never fails for want of room.
    pub fn settle(&self, hold: Hold, record: impl Into<Arc<Record>>) -> Written {
        let _ = record.into();
        hold.written
    }
}

/// A call that is held. Dropped without being settled, it is settled as interrupted.
#[derive(Debug)]
#[must_use]
pub struct Hold {
    written: Written,
}

impl Hold {
    /// Ready when the hold is as safe as `journal.fsync` asks: at once unless that is `always`.
    /// To be awaited before the provider is asked.
    pub fn written(&mut self) -> Written {
        std::mem::replace(&mut self.written, Written(None))
    }
}

/// Ready when a frame is as safe as `journal.fsync` asks: at once unless that is `always`.
#[derive(Debug, Default)]
#[must_use]
pub struct Written(Option<tokio::sync::oneshot::Receiver<()>>);

impl Written {
    /// Ready already.
    pub const fn at_once() -> Self {
        Self(None)
    }
}

impl Future for Written {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.0 {
            None => Poll::Ready(()),
            Some(receiver) => Pin::new(receiver).poll(context).map(drop),
        }
    }
}
