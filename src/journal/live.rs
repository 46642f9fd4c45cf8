//! The journal of this process.

use std::cell::RefCell;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::Thread;

use tokio::sync::Notify;

use super::frame::{self, Kind};
use super::keeper::{Keeper, Supply};
use super::scan::{Found, Scan};
use super::segment;
use super::writer::{Held, Place, Writer};
use super::{Batch, FOLDER, Full, Settled, Stats, Unreadable, Written};
use crate::config::{self, Fsync};
use crate::models::id;
use crate::models::usage::{Cursor, Record};

/// The journal of this process. Cheap to clone; open until the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
}

/// What the journal, its holds and its keeper share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) settings: config::Journal,
    replica: String,
    /// Held as long as this process writes the journal.
    _lock: File,
    writer: Mutex<Writer>,
    pub(super) supply: Mutex<Supply>,
    pub(super) sweeping: Mutex<()>,
    numbers: AtomicU64,
    keeper: OnceLock<Thread>,
    settled: Notify,
    /// The disk that adopted journals take.
    pub(super) foreign: AtomicU64,
}

thread_local! {
    /// Where a thread spells its frames.
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Shared {
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

    /// Writes how a held call ended.
    fn settle(&self, held: Held, number: u64, record: Arc<Record>) -> Written {
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

    fn unpark(&self) {
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

impl Journal {
    /// Opens a fresh journal under the data directory. A disk without room is no error: calls
    /// are refused until there is some.
    pub fn open(data_dir: &Path, settings: &config::Journal) -> io::Result<Self> {
        let root = data_dir.join(FOLDER);
        private(&root)?;
        let replica = id::mint("rep");
        let folder = root.join(&replica);
        // Nobody takes the folder for a dead one before it is locked.
        let _one_at_a_time = door(&root)?;
        private(&folder)?;
        let mut lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))?;
        lock.try_lock()?;
        writeln!(lock, "{}", std::process::id())?;
        let shared = Arc::new(Shared {
            folder,
            settings: settings.clone(),
            replica,
            _lock: lock,
            writer: Mutex::default(),
            supply: Mutex::default(),
            sweeping: Mutex::default(),
            numbers: AtomicU64::new(1),
            keeper: OnceLock::new(),
            settled: Notify::new(),
            foreign: AtomicU64::new(0),
        });
        let keeper = Arc::new(Keeper::start(Arc::clone(&shared))?);
        let _ = shared.keeper.set(keeper.thread().clone());
        Ok(Self { shared, keeper })
    }

    /// The id of this process's journal.
    pub fn replica(&self) -> &str {
        &self.shared.replica
    }

    /// The folder in which the journals lie.
    pub fn root(&self) -> &Path {
        self.shared.folder.parent().unwrap_or(&self.shared.folder)
    }

    /// Writes a call that is about to be made, as it would read if the gateway died at once,
    /// and reserves the room for its settlement.
    pub fn hold(&self, record: &Record) -> Result<Hold, Full> {
        let number = self.shared.numbers.fetch_add(1, Ordering::Relaxed);
        with_buffer(|buffer| {
            frame::write(buffer, Kind::Hold, number, record);
            let shared = &self.shared;
            loop {
                let mut writer = shared.lock();
                if let Some(held) = writer.hold(buffer) {
                    let written = shared.written(&mut writer);
                    shared.wake(&mut writer);
                    return Ok(Hold {
                        held: Some((held, number)),
                        written,
                        shared: Arc::clone(shared),
                    });
                }
                writer.wanted = true;
                drop(writer);
                // Calls came faster than the keeper; or there is really none.
                if !shared.supply(true) {
                    return Err(Full);
                }
            }
        })
    }

    /// Writes how a held call ended. Never fails for want of room.
    pub fn settle(&self, mut call: Hold, record: impl Into<Arc<Record>>) -> Written {
        match call.held.take() {
            Some((held, number)) => self.shared.settle(held, number, record.into()),
            None => Written::at_once(),
        }
    }

    /// Up to `most` settlements after a place, if all of them are still in memory.
    pub fn take(&self, after: Cursor, most: usize) -> Option<Batch> {
        let mut writer = self.shared.lock();
        let settled = writer.warm.take(after, most)?;
        let (next, count) = match settled.last() {
            Some(last) if settled.len() == most => (last.end, last.sequence),
            _ => (writer.tail(), writer.settled),
        };
        Some(Batch {
            settled,
            next,
            count: Some(count),
            unreadable: Vec::new(),
        })
    }

    /// Up to `most` settlements after a place, read from the disk.
    pub fn read(&self, after: Cursor, most: usize) -> io::Result<Batch> {
        let (segments, tail, settled): (Vec<_>, _, _) = {
            let writer = self.shared.lock();
            let tail = writer.tail();
            let past = writer.past.iter().map(|past| (past.number, past.end));
            let segments = past.chain([(tail.segment, tail.offset)]).collect();
            (segments, tail, writer.settled)
        };
        let mut batch = read(&self.shared.folder, &segments, after, most)?;
        if batch.next >= tail {
            batch.count = Some(settled);
        }
        Ok(batch)
    }

    /// Ready when a settlement is in memory that was not taken yet.
    pub async fn more(&self) {
        loop {
            {
                let mut writer = self.shared.lock();
                if !writer.warm.is_empty() {
                    return;
                }
                writer.awaited = true;
            }
            self.shared.settled.notified().await;
        }
    }

    /// Settlements that could not be written to disk and are in memory only; taken out.
    pub fn stranded(&self) -> Vec<Arc<Record>> {
        std::mem::take(&mut self.shared.lock().stranded)
    }

    /// Notes that all before a place is in the database, so that its disk can be used again.
    pub fn recorded(&self, cursor: Cursor) {
        let mut writer = self.shared.lock();
        writer.recorded = cursor;
        for past in writer
            .past
            .iter_mut()
            .filter(|past| past.number >= cursor.segment)
        {
            past.recorded = None;
        }
        if writer.wanted {
            self.shared.unpark();
        }
    }

    /// Notes how much disk adopted journals take: it counts towards `journal.max_size`.
    pub fn beside(&self, bytes: u64) {
        self.shared.foreign.store(bytes, Ordering::Relaxed);
    }

    /// What is in it.
    pub fn stats(&self) -> Stats {
        let writer = self.shared.lock();
        Stats {
            settled: writer.settled,
            held: writer.holds.len(),
            bytes: writer.taken(),
            tail: writer.tail(),
        }
    }

    /// Ends the journal: no more holds, everything forced to disk, unused room given back.
    /// What is not recorded yet is replayed by the next process; a journal that was never
    /// written to is removed.
    pub fn close(&self) -> io::Result<()> {
        self.shared.lock().closed = true;
        self.keeper.stop();
        let folder = &self.shared.folder;
        let mut writer = self.shared.lock();
        for unused in std::mem::take(&mut writer.next) {
            fs::remove_file(segment::path(folder, unused.number))?;
        }
        let empty = writer.settled == 0 && writer.holds.len() == 0 && writer.past.is_empty();
        if empty {
            if let Some(active) = writer.active.take() {
                fs::remove_file(segment::path(folder, active.number))?;
            }
            let _one_at_a_time = door(self.root())?;
            fs::remove_file(folder.join("lock"))?;
            fs::remove_dir(folder)?;
        } else if let Some(active) = &writer.active {
            // A call that still runs may yet be settled.
            if writer.holds.len() == 0 {
                active.file.set_len(active.position)?;
            }
            active.file.sync_all()?;
        }
        Ok(())
    }
}

/// A call that is held. Dropped without being settled, it is settled as interrupted.
#[derive(Debug)]
#[must_use]
pub struct Hold {
    held: Option<(Held, u64)>,
    written: Written,
    shared: Arc<Shared>,
}

impl Hold {
    /// Ready when the hold is as safe as `journal.fsync` asks: at once unless that is `always`.
    /// To be awaited before the provider is asked.
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
            serde_json::from_slice::<Record>(payload).ok()
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

/// Settlements of a folder's segments, of each of which the written length is given.
pub(super) fn read(
    folder: &Path,
    segments: &[(u64, u64)],
    after: Cursor,
    most: usize,
) -> io::Result<Batch> {
    let mut batch = Batch {
        next: after,
        ..Batch::default()
    };
    for (number, limit) in segments
        .iter()
        .filter(|(number, _)| *number >= after.segment)
    {
        let from = if *number == after.segment {
            after.offset
        } else {
            0
        };
        if from >= *limit {
            continue;
        }
        let file = match File::open(segment::path(folder, *number)) {
            Ok(file) => file,
            // Removed since the list was made, so all of it is recorded.
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let mut scan = Scan::new(&file, from, *limit);
        while let Some(found) = scan.next()? {
            let (head, payload, end) = match found {
                Found::Frame {
                    head, payload, end, ..
                } => (head, payload, end),
                Found::Gap(gap) => {
                    let bytes = gap.end - gap.start;
                    tracing::error!(
                        segment = number,
                        at = gap.start,
                        bytes,
                        "the journal is damaged"
                    );
                    continue;
                }
            };
            let end = Cursor {
                segment: *number,
                offset: end,
            };
            batch.next = end;
            if head.kind != Kind::Settlement {
                continue;
            }
            match serde_json::from_slice(payload) {
                Ok(record) => {
                    batch.count = Some(head.sequence);
                    batch.settled.push(Settled {
                        end,
                        sequence: head.sequence,
                        record: Arc::new(record),
                    });
                }
                Err(_) => batch.unreadable.push(Unreadable {
                    end,
                    payload: payload.to_vec(),
                }),
            }
            if batch.settled.len() + batch.unreadable.len() == most {
                return Ok(batch);
            }
        }
        batch.next = Cursor {
            segment: *number,
            offset: *limit,
        };
    }
    Ok(batch)
}

/// Only one process at a time makes or adopts journals.
pub(super) fn door(root: &Path) -> io::Result<File> {
    let door = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(root.join(".lock"))?;
    door.lock()?;
    Ok(door)
}

/// Makes a folder that only its owner can look into.
pub(super) fn private(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

fn with_buffer<T>(work: impl FnOnce(&mut Vec<u8>) -> T) -> T {
    BUFFER.with(|buffer| match buffer.try_borrow_mut() {
        Ok(mut buffer) => work(&mut buffer),
        // A hold that is dropped while another frame is spelled, by a panic.
        Err(_) => work(&mut Vec::new()),
    })
}
