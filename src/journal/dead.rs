//! The journal of a process that is gone: locked, surveyed, replayed, removed.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::folder::{door, private};
use super::frame::{self, Kind};
use super::holds::Place;
use super::read::read;
use super::scan::{self, Gap, Scan};
use super::{Batch, QUARANTINE, segment};
use crate::models::usage::{Cursor, Record};

/// The journal of a process that is gone. Nobody else replays it while this value lives.
#[derive(Debug)]
pub struct Dead {
    replica: String,
    folder: PathBuf,
    _lock: File,
    /// The segments' numbers, and where their last frames end.
    segments: Vec<(u64, u64)>,
    /// The holds that were never settled.
    open: Vec<Place>,
    survey: Survey,
}

/// What was found in a dead journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Survey {
    /// How many settlements can be read.
    pub settled: u64,
    /// How many calls were running.
    pub interrupted: u64,
    /// How many stretches between frames were unreadable; they are in the quarantine.
    pub damaged: u64,
    /// Bytes of disk.
    pub bytes: u64,
}

/// The journals that nobody holds.
#[derive(Debug, Default)]
pub struct Found {
    /// Those that can be replayed.
    pub dead: Vec<Dead>,
    /// Those that cannot, and why.
    pub failed: Vec<(String, io::Error)>,
}

/// Takes every journal that nobody holds, except this process's own.
pub fn dead(root: &Path, own: &str) -> io::Result<Found> {
    let mut found = Found::default();
    let mut taken = Vec::new();
    let one_at_a_time = door(root)?;
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let name = entry.file_name();
        let Some(replica) = name.to_str() else {
            continue;
        };
        let other = replica != own && replica != QUARANTINE && !replica.starts_with('.');
        if !other || !entry.file_type()?.is_dir() {
            continue;
        }
        match Dead::take(root, replica) {
            Ok(journal) => taken.extend(journal),
            Err(error) => found.failed.push((replica.to_owned(), error)),
        }
    }
    drop(one_at_a_time);
    for mut journal in taken {
        match journal.explore(root) {
            Ok(()) => found.dead.push(journal),
            Err(error) => found.failed.push((journal.replica, error)),
        }
    }
    Ok(found)
}

impl Dead {
    fn take(root: &Path, replica: &str) -> io::Result<Option<Self>> {
        let folder = root.join(replica);
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Ok(None),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
        Ok(Some(Self {
            replica: replica.to_owned(),
            folder,
            _lock: lock,
            segments: Vec::new(),
            open: Vec::new(),
            survey: Survey::default(),
        }))
    }

    /// The id of the process that wrote it.
    pub fn replica(&self) -> &str {
        &self.replica
    }

    /// What was found in it.
    pub fn survey(&self) -> Survey {
        self.survey
    }

    /// Where its last frame ends.
    pub fn tail(&self) -> Cursor {
        let last = self.segments.last();
        last.map_or(Cursor::default(), |(segment, offset)| Cursor {
            segment: *segment,
            offset: *offset,
        })
    }

    /// Up to `most` settlements after a place.
    pub fn read(&self, after: Cursor, most: usize) -> io::Result<Batch> {
        read(&self.folder, &self.segments, after, most)
    }

    /// The calls whose end was never written, as they are to be recorded: they were perhaps
    /// answered, and nobody knows what they cost.
    pub fn interrupted(&self) -> io::Result<Vec<Record>> {
        let mut records = Vec::with_capacity(self.open.len());
        for place in &self.open {
            let file = File::open(segment::path(&self.folder, place.segment))?;
            let mut bytes = vec![0; place.length as usize];
            file.read_exact_at(&mut bytes, place.offset)?;
            let record = frame::read(&bytes).and_then(|(_, payload)| frame::record(payload));
            records.extend(record.map(frame::interrupted));
        }
        Ok(records)
    }

    /// Removes it. Only for journals of which everything is recorded.
    pub fn remove(self) -> io::Result<()> {
        for (number, _) in segment::list(&self.folder)? {
            fs::remove_file(segment::path(&self.folder, number))?;
        }
        let _one_at_a_time = self.folder.parent().map(door).transpose()?;
        fs::remove_file(self.folder.join("lock"))?;
        fs::remove_dir(&self.folder)
    }

    /// Goes through all frames once: which holds are open, where the segments end.
    fn explore(&mut self, root: &Path) -> io::Result<()> {
        let mut open: HashMap<u64, Place> = HashMap::new();
        let segments = segment::list(&self.folder)?;
        let last = segments.last().map(|(number, _)| *number);
        for (number, size) in segments {
            let path = segment::path(&self.folder, number);
            let file = OpenOptions::new().read(true).write(true).open(path)?;
            if segment::is_newer(&file)? {
                return Err(io::Error::other("a newer version of Manti wrote it"));
            }
            let mut end = segment::HEADER.min(size);
            let mut scan = Scan::new(&file, 0, size);
            while let Some(found) = scan.next()? {
                match found {
                    scan::Found::Frame {
                        head,
                        start,
                        end: after,
                        ..
                    } => {
                        end = after;
                        if head.kind == Kind::Settlement {
                            self.survey.settled += 1;
                            open.remove(&head.number);
                            continue;
                        }
                        let length = u32::try_from(after - start).unwrap_or(u32::MAX);
                        open.insert(
                            head.number,
                            Place {
                                segment: number,
                                offset: start,
                                length,
                            },
                        );
                    }
                    // The last thing that was being written when the process died.
                    scan::Found::Gap(gap) if !gap.inner && (gap.blank || last == Some(number)) => {}
                    scan::Found::Gap(gap) => {
                        self.survey.damaged += 1;
                        self.quarantine(root, &file, number, gap)?;
                    }
                }
            }
            // Room that was never used is given back: the journal may have to wait here.
            if end < size {
                file.set_len(end)?;
            }
            self.survey.bytes += end;
            self.segments.push((number, end));
        }
        self.open = open.into_values().collect();
        self.open
            .sort_unstable_by_key(|place| (place.segment, place.offset));
        self.survey.interrupted = self.open.len() as u64;
        Ok(())
    }

    /// Keeps a copy of bytes that are no frame, for a person to look at.
    fn quarantine(&self, root: &Path, file: &File, number: u64, gap: Gap) -> io::Result<()> {
        const MOST: u64 = 1024 * 1024;
        let length = usize::try_from((gap.end - gap.start).min(MOST)).unwrap_or(0);
        let mut bytes = vec![0; length];
        let read = file.read_at(&mut bytes, gap.start)?;
        let folder = root.join(QUARANTINE);
        private(&folder)?;
        let name = format!("{}-{number}-{}.bin", self.replica, gap.start);
        tracing::error!(
            journal = %self.replica, file = %name, bytes = gap.end - gap.start,
            "a journal is damaged; what is unreadable was put aside"
        );
        fs::write(folder.join(name), &bytes[..read])
    }
}
