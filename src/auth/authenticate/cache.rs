//! What is known of credentials, by the digest of the whole of each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::Denied;
use crate::auth::api_key::Digest;
use crate::models::clock::Timestamp;
use crate::models::principal::Principal;
use crate::store::Changes;

/// The most credentials that are known at once.
const MOST: u64 = 100_000;

/// A key's use is written down again after this long, in microseconds.
const MARK_AGAIN: i64 = 5 * 60 * 1_000_000;

/// One credential, as the database last told it.
#[derive(Debug)]
pub(super) struct Entry {
    /// Who it is, or why it is refused.
    pub(super) verdict: Result<Arc<Principal>, Denied>,
    /// When it ends, in microseconds of the Unix epoch.
    pub(super) expires_at: i64,
    /// When the database told.
    pub(super) read_at: Instant,
    /// Whose change makes this outdated.
    pub(super) user: Arc<str>,
    /// The key's or session's id, whose change does too.
    pub(super) subject: Arc<str>,
    /// The team's id, whose change does too.
    pub(super) team: Option<Arc<str>>,
    /// When the last use was written down.
    pub(super) marked: AtomicI64,
}

#[derive(Debug)]
pub(super) struct Cache {
    entries: moka::sync::Cache<Digest, Arc<Entry>, RandomState>,
    /// What is not a credential, until anything changes.
    misses: moka::sync::Cache<Digest, ()>,
    /// Which entries a user, key, session or team has.
    holders: Mutex<Holders>,
    /// Goes up with every change that was heard of.
    heard: AtomicU64,
    used: Mutex<HashMap<Arc<str>, Timestamp>>,
}

#[derive(Debug, Default)]
struct Holders {
    of: HashMap<Arc<str>, SmallVec<[Digest; 1]>>,
    count: u64,
}

impl Cache {
    pub(super) fn new() -> Self {
        Self {
            entries: moka::sync::Cache::builder()
                .max_capacity(MOST)
                .build_with_hasher(RandomState::default()),
            misses: moka::sync::Cache::builder()
                .max_capacity(MOST)
                .time_to_live(Duration::from_mins(1))
                .build(),
            holders: Mutex::default(),
            heard: AtomicU64::new(0),
            used: Mutex::default(),
        }
    }

    pub(super) fn get(&self, digest: &Digest) -> Option<Arc<Entry>> {
        self.entries.get(digest)
    }

    pub(super) fn len(&self) -> u64 {
        self.entries.entry_count()
    }

    pub(super) fn is_miss(&self, digest: &Digest) -> bool {
        self.misses.contains_key(digest)
    }

    /// A mark to be taken before the database is asked, and given back with the answer.
    pub(super) fn mark(&self) -> u64 {
        self.heard.load(Ordering::SeqCst)
    }

    /// Keeps an answer, unless something changed since it was asked for: then it may be outdated
    /// already, and is good for the one call only.
    pub(super) fn keep(&self, digest: Digest, entry: &Arc<Entry>, mark: u64) {
        // Whoever forgets waits: what is kept can always be found by its holders.
        let mut holders = lock(&self.holders);
        if !self.entries.contains_key(&digest) {
            if holders.count > 4 * MOST {
                // Long since evicted, most of them. Starting afresh is cheaper than to follow
                // every eviction.
                *holders = Holders::default();
                self.entries.invalidate_all();
            }
            for holder in [&entry.user, &entry.subject].into_iter().chain(&entry.team) {
                holders.count += 1;
                holders.of.entry(holder.clone()).or_default().push(digest);
            }
        }
        self.entries.insert(digest, Arc::clone(entry));
        drop(holders);
        self.misses.invalidate(&digest);
        if self.mark() != mark {
            self.entries.invalidate(&digest);
        }
    }

    /// Keeps that there is no such credential, on the same condition.
    pub(super) fn keep_miss(&self, digest: Digest, mark: u64) {
        self.entries.invalidate(&digest);
        self.misses.insert(digest, ());
        if self.mark() != mark {
            self.misses.invalidate(&digest);
        }
    }

    /// Forgets what changed.
    pub(super) fn forget(&self, changes: &Changes) {
        // First, so that an answer asked for earlier and kept from now on is seen as outdated.
        self.heard.fetch_add(1, Ordering::SeqCst);
        self.misses.invalidate_all();
        let mut holders = lock(&self.holders);
        let Some(what) = &changes.what else {
            *holders = Holders::default();
            self.entries.invalidate_all();
            return;
        };
        for change in what {
            let digests = holders.of.remove(change.id.as_str()).unwrap_or_default();
            holders.count = holders.count.saturating_sub(digests.len() as u64);
            for digest in digests {
                self.entries.invalidate(&digest);
            }
        }
    }

    /// Notes that a key was used, now and then.
    pub(super) fn mark_used(&self, entry: &Entry, now: i64) {
        let marked = entry.marked.load(Ordering::Relaxed);
        if now.saturating_sub(marked) < MARK_AGAIN {
            return;
        }
        entry.marked.store(now, Ordering::Relaxed);
        if let Some(at) = Timestamp::from_timestamp_micros(now) {
            lock(&self.used).insert(entry.subject.clone(), at);
        }
    }

    /// Takes what was noted.
    pub(super) fn take_used(&self) -> HashMap<Arc<str>, Timestamp> {
        std::mem::take(&mut lock(&self.used))
    }

    /// Puts back what could not be written down.
    pub(super) fn put_back(&self, used: impl IntoIterator<Item = (Arc<str>, Timestamp)>) {
        let mut later = lock(&self.used);
        for (id, at) in used {
            later.entry(id).or_insert(at);
        }
    }
}

/// Nothing under these locks panics half-way.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
