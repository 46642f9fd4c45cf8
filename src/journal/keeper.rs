//! The thread beside the journal: it prepares segments before they are needed, forces frames to
//! disk, and removes segments whose calls are recorded.

use std::fs;
use std::io;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::{Duration, Instant};

use super::segment::{self, Segment};
use super::shared::Shared;
use crate::config::Fsync;

/// How often frames are forced to disk, and how often all else is looked after.
const TICK: Duration = Duration::from_millis(200);
/// How soon after a failure another segment is tried for.
const RETRY: Duration = Duration::from_millis(100);

/// The keeper's handle: the thread ends when it is dropped.
#[derive(Debug)]
pub(super) struct Keeper {
    thread: Thread,
    stop: Arc<AtomicBool>,
    handle: Mutex<Option<JoinHandle<()>>>,
}

impl Keeper {
    /// Prepares the first segment and starts the thread.
    pub(super) fn start(shared: Arc<Shared>) -> io::Result<Self> {
        shared.supply(true);
        let work = Work {
            shared,
            synced: Instant::now(),
        };
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let handle = thread::Builder::new()
            .name("journal".into())
            .spawn(move || work.run(&stopped))?;
        Ok(Self {
            thread: handle.thread().clone(),
            stop,
            handle: Mutex::new(Some(handle)),
        })
    }

    pub(super) fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Ends the thread after a last forcing to disk.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.thread.unpark();
        let mut handle = self.handle.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(handle) = handle.take()
            && handle.thread().id() != thread::current().id()
        {
            let _ = handle.join();
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Work {
    shared: Arc<Shared>,
    synced: Instant,
}

impl Work {
    fn run(mut self, stop: &AtomicBool) {
        let mut swept = Instant::now();
        while !stop.load(Ordering::Acquire) {
            thread::park_timeout(TICK);
            self.sync(false);
            self.shared.supply(false);
            if swept.elapsed() >= TICK {
                swept = Instant::now();
                self.shared.sweep(false);
            }
        }
        self.sync(true);
    }

    /// Forces to disk what was written since the last time, as `journal.fsync` asks.
    fn sync(&mut self, last: bool) {
        match self.shared.settings.fsync {
            Fsync::Never => {
                drop(self.shared.lock().take_unsynced());
                return;
            }
            Fsync::Interval if !last && self.synced.elapsed() < TICK => return,
            Fsync::Interval | Fsync::Always => {}
        }
        loop {
            let (files, waiting) = self.shared.lock().take_unsynced();
            if files.is_empty() && waiting.is_empty() {
                break;
            }
            let mut safe = true;
            for file in files {
                if let Err(error) = file.sync_data() {
                    safe = false;
                    tracing::error!(%error, "the journal cannot be forced to disk");
                }
            }
            for waiter in waiting {
                let _ = waiter.send(safe);
            }
            if self.shared.settings.fsync != Fsync::Always {
                break;
            }
        }
        self.synced = Instant::now();
    }
}

/// How getting segments went.
#[derive(Debug, Default)]
pub(super) struct Supply {
    /// When one could not be had.
    failed: Option<Instant>,
    /// Whether that has been told.
    told: bool,
}

impl Shared {
    /// Prepares another segment when one is wanted: by a call that finds no room (`now`), or
    /// soon. `false` when there is none to be had.
    pub(super) fn supply(&self, now: bool) -> bool {
        let before = self.lock().number;
        let mut supply = self.supply.lock().unwrap_or_else(PoisonError::into_inner);
        let number = {
            let mut writer = self.lock();
            // Somebody else prepared one meanwhile.
            if now && writer.number != before {
                return supply.failed.is_none();
            }
            if writer.closed || !(now || writer.wanted || writer.is_low()) {
                return false;
            }
            if supply.failed.is_some_and(|failed| failed.elapsed() < RETRY) {
                return false;
            }
            writer.number += 1;
            writer.number
        };
        match self.create(number) {
            Ok(segment) => {
                supply.failed = None;
                if std::mem::take(&mut supply.told) {
                    tracing::info!("the journal has room again");
                }
                let mut writer = self.lock();
                if writer.closed {
                    let _ = fs::remove_file(segment::path(&self.folder, number));
                } else {
                    writer.supply(segment);
                }
                true
            }
            Err(error) => {
                supply.failed = Some(Instant::now());
                if !std::mem::replace(&mut supply.told, true) {
                    tracing::warn!(%error, "the journal cannot grow; calls are refused when it is full");
                }
                false
            }
        }
    }

    /// Whether the last segment that was wanted could not be had.
    pub(super) fn is_short(&self) -> bool {
        // While one is being prepared nobody waits to know.
        self.supply
            .try_lock()
            .is_ok_and(|supply| supply.failed.is_some())
    }

    fn create(&self, number: u64) -> io::Result<Segment> {
        loop {
            let taken = self.foreign.load(Ordering::Relaxed) + self.lock().taken();
            let size = segment::size(&self.folder, self.settings.max_size, taken)?;
            let error = match size.map(|size| Segment::create(&self.folder, number, size)) {
                Some(Ok(segment)) => return Ok(segment),
                Some(Err(error)) => error,
                None => io::ErrorKind::StorageFull.into(),
            };
            // What is recorded is kept for a while only where there is room for it.
            if !self.sweep(true) {
                return Err(error);
            }
        }
    }

    /// Removes segments that were recorded long enough ago; when room is short, the oldest that
    /// is recorded at all. Whether one was removed.
    fn sweep(&self, short: bool) -> bool {
        let _one_at_a_time = self.sweeping.lock().unwrap_or_else(PoisonError::into_inner);
        let mut removed = false;
        while !(short && removed) {
            let Some(number) = self.lock().oldest_recorded(short, self.settings.keep) else {
                break;
            };
            if !self.empty(number) {
                break;
            }
            self.lock().past.pop_front();
            if let Err(error) = fs::remove_file(segment::path(&self.folder, number)) {
                tracing::error!(%error, "a segment of the journal cannot be removed");
            }
            removed = true;
        }
        removed
    }

    /// Carries the holds of calls that still run out of a segment. `false` when there is no room
    /// for them elsewhere.
    fn empty(&self, number: u64) -> bool {
        let places = self.lock().holds.within(number);
        places.into_iter().all(|(slot, place)| {
            let frame = match self.frame(place) {
                Ok(frame) => frame,
                Err(error) => {
                    tracing::error!(%error, "the hold of a running call cannot be read back");
                    return false;
                }
            };
            self.lock().carry(slot, place, &frame)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::fd::OwnedFd;

    use futures_util::FutureExt as _;

    use super::super::tests::record;
    use super::*;
    use crate::config;

    #[test]
    fn who_waits_for_the_disk_is_told_when_it_fails() {
        let home = tempfile::tempdir().expect("a folder");
        let always = config::Journal {
            fsync: Fsync::Always,
            max_size: 1 << 30,
            keep: Duration::from_mins(10),
        };
        let lock = tempfile::tempfile().expect("a file");
        let shared = Arc::new(Shared::new(
            home.path().to_owned(),
            "rep_1".to_owned(),
            always,
            lock,
        ));
        let mut work = Work {
            shared: Arc::clone(&shared),
            synced: Instant::now(),
        };
        shared.supply(true);
        let written = || shared.hold(&record("a")).expect("room").2;

        let fine = written();
        work.sync(false);
        assert_eq!(fine.now_or_never(), Some(true));

        // A pipe cannot be forced to disk.
        let (_reader, pipe) = io::pipe().expect("a pipe");
        let pipe = Arc::new(File::from(OwnedFd::from(pipe)));
        shared.lock().unsynced.past.push(pipe);
        let lost = written();
        work.sync(false);
        assert_eq!(lost.now_or_never(), Some(false));

        let fine = written();
        work.sync(false);
        assert_eq!(fine.now_or_never(), Some(true));
    }
}
