//! What the journal's lock guards: where the next frame goes, and how much room is spoken for.
//!
//! The rule that lets a settlement never fail: whatever is written, the room left in the active
//! and the prepared segments is at least what all holds have reserved, and one frame more for
//! each prepared one, since a frame that does not fit at the end of a segment leaves its rest
//! unused.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::frame::{self, GROWTH};
use super::holds::{Holds, Place};
use super::segment::{self, Segment};
use super::warm::Warm;
use crate::models::usage::{Cursor, Record};

/// A segment that is written to its end.
#[derive(Debug)]
pub(super) struct Past {
    pub(super) number: u64,
    pub(super) capacity: u64,
    /// Where its last frame ends.
    pub(super) end: u64,
    /// Since when all of it is in the database.
    pub(super) recorded: Option<Instant>,
}

/// The guarded state.
#[derive(Debug, Default)]
pub(super) struct Writer {
    pub(super) active: Option<Segment>,
    /// Prepared, in the order in which they will be used.
    pub(super) next: VecDeque<Segment>,
    pub(super) past: VecDeque<Past>,
    pub(super) number: u64,
    pub(super) holds: Holds,
    /// The room that running holds may still take.
    pub(super) reserved: u64,
    /// The longest frame that may still come.
    longest: u64,
    /// How many settlements were written.
    pub(super) settled: u64,
    pub(super) warm: Warm,
    /// All before it is in the database.
    pub(super) recorded: Cursor,
    /// Settlements that the disk would not take; they live in memory only.
    pub(super) stranded: Vec<Arc<Record>>,
    pub(super) unsynced: Unsynced,
    /// Whether another segment is wanted.
    pub(super) wanted: bool,
    /// Whether somebody waits for the next settlement.
    pub(super) awaited: bool,
    pub(super) closed: bool,
}

/// What is not forced to disk yet.
#[derive(Debug, Default)]
pub(super) struct Unsynced {
    /// Files besides the active one.
    pub(super) past: Vec<Arc<File>>,
    /// Whether the active one has changed.
    active: bool,
    /// Who waits for it.
    pub(super) waiting: Vec<oneshot::Sender<bool>>,
}

/// A hold's part of the state.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    pub(super) slot: usize,
    pub(super) room: u64,
}

impl Writer {
    /// Where the next frame would end up after.
    pub(super) fn tail(&self) -> Cursor {
        match &self.active {
            Some(active) => Cursor {
                segment: active.number,
                offset: active.position,
            },
            None => self.past.back().map_or(Cursor::default(), |past| Cursor {
                segment: past.number,
                offset: past.end,
            }),
        }
    }

    /// The disk that the segments take.
    pub(super) fn taken(&self) -> u64 {
        let live = self
            .active
            .iter()
            .chain(&self.next)
            .map(|segment| segment.capacity);
        live.chain(self.past.iter().map(|past| past.capacity)).sum()
    }

    /// The disk that must stay taken: what is not in the database yet, and what is written to.
    pub(super) fn needed(&self) -> u64 {
        let done = self.recorded;
        let past = self.past.iter().filter(|past| {
            (Cursor {
                segment: past.number,
                offset: past.end,
            }) > done
        });
        let active = self.active.as_ref().map_or(0, |active| active.position);
        past.map(|past| past.capacity).sum::<u64>() + active
    }

    /// Writes a hold and reserves what its settlement may take; `None` when there is no room.
    pub(super) fn hold(&mut self, frame: &mut [u8]) -> Option<Held> {
        let length = frame.len() as u64;
        let room = length + GROWTH as u64;
        if self.closed || !self.has_room(length, room) {
            return None;
        }
        frame::seal(frame, 0);
        let place = match self.append(frame) {
            Ok(place) => place,
            Err(error) => {
                tracing::error!(%error, "the journal cannot be written");
                return None;
            }
        };
        self.reserved += room;
        self.longest = self.longest.max(room);
        Some(Held {
            slot: self.holds.add(place),
            room,
        })
    }

    /// Whether a settlement has the room to be as long as it is.
    pub(super) fn fits(&self, held: Held, frame: &[u8]) -> bool {
        let length = frame.len() as u64;
        length <= held.room || self.spare(length) >= length - held.room
    }

    /// Writes a settlement into its hold's room.
    pub(super) fn settle(&mut self, held: Held, frame: &mut [u8], record: Arc<Record>) {
        debug_assert!(self.fits(held, frame), "trimmed, it fits");
        frame::seal(frame, self.settled + 1);
        let written = self.append(frame);
        self.holds.remove(held.slot);
        self.reserved -= held.room;
        if self.reserved == 0 {
            self.longest = 0;
        }
        match written {
            Ok(_) => {
                self.settled += 1;
                self.warm.push(self.tail(), self.settled, record);
            }
            Err(error) => {
                let request = &record.request_id;
                tracing::error!(%error, request.id = %request, "a settlement is kept in memory: the journal cannot be written");
                self.stranded.push(record);
            }
        }
    }

    /// Writes a running hold once more, at the end, so that its segment can go. `false` when
    /// there is no room for that.
    pub(super) fn carry(&mut self, slot: usize, from: Place, frame: &[u8]) -> bool {
        if self.holds.get(slot) != Some(from) {
            return true;
        }
        if !self.has_room(frame.len() as u64, 0) {
            return false;
        }
        match self.append(frame) {
            Ok(place) => {
                self.holds.put(slot, place);
                true
            }
            Err(_) => false,
        }
    }

    /// Takes the files that are to be forced to disk, and who waits for it.
    pub(super) fn take_unsynced(&mut self) -> (Vec<Arc<File>>, Vec<oneshot::Sender<bool>>) {
        let unsynced = std::mem::take(&mut self.unsynced);
        let mut files = unsynced.past;
        if unsynced.active {
            files.extend(self.active.as_ref().map(|active| Arc::clone(&active.file)));
        }
        (files, unsynced.waiting)
    }

    /// Whether so much is used or reserved that another segment should be ready.
    pub(super) fn is_low(&self) -> bool {
        match &self.active {
            None => true,
            Some(active) => self.spare(0) < active.capacity / 2,
        }
    }

    /// The oldest segment, if all of it was recorded long enough ago, or `at_once` at all.
    pub(super) fn oldest_recorded(&mut self, at_once: bool, keep: Duration) -> Option<u64> {
        let done = self.recorded;
        for past in &mut self.past {
            if (Cursor {
                segment: past.number,
                offset: past.end,
            }) <= done
            {
                past.recorded.get_or_insert_with(Instant::now);
            }
        }
        let oldest = self.past.front()?;
        let since = oldest.recorded?;
        (at_once || since.elapsed() >= keep).then_some(oldest.number)
    }

    /// Takes a new segment into use.
    pub(super) fn supply(&mut self, segment: Segment) {
        self.wanted = false;
        if self.active.is_none() {
            self.active = Some(segment);
        } else {
            self.next.push_back(segment);
        }
    }

    /// Whether a frame of `length` fits beside everything that is reserved and `more`.
    fn has_room(&self, length: u64, more: u64) -> bool {
        self.spare(length.max(more)) >= length + more
    }

    /// The room that is neither used nor reserved, if frames may be as long as `longest`.
    fn spare(&self, longest: u64) -> u64 {
        let Some(active) = &self.active else {
            return 0;
        };
        let next: u64 = self
            .next
            .iter()
            .map(|next| next.capacity - segment::HEADER)
            .sum();
        // Each time the segment changes, what is left of the old one is too short for a frame.
        let unused = self.next.len() as u64 * self.longest.max(longest);
        (active.left() + next).saturating_sub(self.reserved + unused)
    }

    fn append(&mut self, frame: &[u8]) -> io::Result<Place> {
        let length = frame.len() as u64;
        loop {
            let Some(active) = &mut self.active else {
                return Err(io::ErrorKind::StorageFull.into());
            };
            if active.left() < length {
                if self.next.is_empty() {
                    return Err(io::ErrorKind::StorageFull.into());
                }
                self.rotate();
                continue;
            }
            match active.file.write_all_at(frame, active.position) {
                Ok(()) => {
                    let place = Place {
                        segment: active.number,
                        offset: active.position,
                        length: u32::try_from(length).unwrap_or(u32::MAX),
                    };
                    active.position += length;
                    self.unsynced.active = true;
                    return Ok(place);
                }
                // The disk broke its promise or broke altogether: perhaps not in the next one.
                Err(error) if self.next.is_empty() => return Err(error),
                Err(_) => self.rotate(),
            }
        }
    }

    fn rotate(&mut self) {
        let Some(full) = std::mem::replace(&mut self.active, self.next.pop_front()) else {
            return;
        };
        self.past.push_back(Past {
            number: full.number,
            capacity: full.capacity,
            end: full.position,
            recorded: None,
        });
        if self.unsynced.active {
            self.unsynced.past.push(full.file);
        }
    }
}
