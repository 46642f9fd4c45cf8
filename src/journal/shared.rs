//! What the journal, its holds and its keeper share.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use tokio::sync::Notify;

use super::frame::{self, Kind};
use super::holds::Place;
use super::keeper::Supply;
use super::segment;
use super::writer::{Held, Writer};
use super::{Full, Written};
use crate::config::{self, Fsync};
use crate::models::usage::Record;

/// What the journal, its holds and its keeper share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) settings: config::Journal,
    pub(super) replica: String,
    /// Held as long as this process writes the journal.
    _lock: File,
    writer: Mutex<Writer>,
    pub(super) supply: Mutex<Supply>,
    pub(super) sweeping: Mutex<()>,
    numbers: AtomicU64,
    pub(super) keeper: OnceLock<Thread>,
    /// Told when somebody waits for a settlement.
    pub(super) settled: Notify,
    /// The disk that adopted journals take.
    pub(super) foreign: AtomicU64,
}

thread_local! {
    /// Where a thread spells its frames.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Shared {
    pub(super) fn new(
        folder: PathBuf,
        replica: String,
        settings: config::Journal,
        lock: File,
    ) -> Self {
        Self {
            folder,
            settings,
            replica,
            _lock: lock,
            writer: Mutex::default(),
            supply: Mutex::default(),
            sweeping: Mutex::default(),
            numbers: AtomicU64::new(1),
            keeper: OnceLock::new(),
            settled: Notify::new(),
            foreign: AtomicU64::new(0),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads back the frame of a hold.
    pub(super) fn frame(&self, place: Place) -> io::Result<Vec<u8>> {
        let file = File::open(segment::path(&self.folder, place.segment))?;
        let mut bytes = vec![0; place.length as usize];
        file.read_exact_at(&mut bytes, place.offset)?;
        Ok(bytes)
    }

    /// Writes a call that is about to be made: its part of the state, its number, and when it is
    /// safe.
    pub(super) fn hold(&self, record: &Record) -> Result<(Held, u64, Written), Full> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        with_buffer(|buffer| {
            frame::write(buffer, Kind::Hold, number, record);
            loop {
                let mut writer = self.lock();
                if let Some(held) = writer.hold(buffer) {
                    let written = self.written(&mut writer);
                    self.wake(&mut writer);
                    return Ok((held, number, written));
                }
                writer.wanted = true;
                drop(writer);
                // Calls came faster than the keeper; or there is really none.
                if !self.supply(true) {
                    return Err(Full);
                }
            }
        })
    }

    /// Writes how a held call ended.
    pub(super) fn settle(&self, held: Held, number: u64, record: Arc<Record>) -> Written {
        with_buffer(|buffer| {
            frame::write(buffer, Kind::Settlement, number, &record);
            let mut writer = self.lock();
            if writer.fits(held, buffer) {
                writer.settle(held, buffer, record);
            } else {
                drop(writer);
                let record = Arc::new(frame::trim(&record));
                frame::write(buffer, Kind::Settlement, number, &record);
                writer = self.lock();
                writer.settle(held, buffer, record);
            }
            let written = self.written(&mut writer);
            self.wake(&mut writer);
            if std::mem::take(&mut writer.awaited) {
                self.settled.notify_one();
            }
            written
        })
    }

    /// Wakes the keeper when a segment is wanted or somebody waits for the disk.
    fn wake(&self, writer: &mut Writer) {
        let low = !writer.wanted && writer.is_low();
        writer.wanted |= low;
        if low || !writer.unsynced.waiting.is_empty() {
            self.unpark();
        }
    }

    pub(super) fn unpark(&self) {
        if let Some(keeper) = self.keeper.get() {
            keeper.unpark();
        }
    }

    fn written(&self, writer: &mut Writer) -> Written {
        if self.settings.fsync != Fsync::Always {
            return Written::at_once();
        }
        let (sender, receiver) = tokio::sync::oneshot::channel();
        writer.unsynced.waiting.push(sender);
        Written(Some(receiver))
    }
}

fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    BUFFER.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => work(&mut buffer),
        // A hold that is dropped while another frame is spelled, by a panic.
        Err(_) => work(&mut Vec::new()),
    })
}
