//! The journal of this process.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::folder::{door, private};
use super::keeper::Keeper;
use super::read::read;
use super::segment;
use super::shared::Shared;
use super::{Batch, FOLDER, Full, Hold, Stats, Written};
use crate::config;
use crate::models::id;
use crate::models::usage::{Cursor, Record};

/// The journal of this process. Cheap to clone; open until the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Journal {
    shared: Arc<Shared>,
    keeper: Arc<Keeper>,
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
        let shared = Arc::new(Shared::new(folder, replica, settings.clone(), lock));
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
        let (held, number, written) = self.shared.hold(record)?;
        Ok(Hold::new(held, number, written, Arc::clone(&self.shared)))
    }

    /// Writes how a held call ended. Never fails for want of room.
    pub fn settle(&self, mut call: Hold, record: impl Into<Arc<Record>>) -> Written {
        match call.take() {
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

    /// Whether so little waits to be recorded that there is room for what is not worth refusing a
    /// call for.
    pub fn is_roomy(&self) -> bool {
        let foreign = self.shared.foreign.load(Ordering::Relaxed);
        !self.is_short()
            && self.shared.lock().needed() + foreign < self.shared.settings.max_size / 2
    }

    /// Whether it could not grow when it wanted to.
    pub fn is_short(&self) -> bool {
        self.shared.is_short()
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
