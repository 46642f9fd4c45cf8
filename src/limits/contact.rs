//! What is known of the authority and of the other processes.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::bucket::Moment;
use super::slice::{Alone, Authority, Footing};

/// How long a lease lasts.
pub(super) const LEASE: Duration = Duration::from_secs(15);

/// When a replica was not heard of for so long it may be cut off, and its share is set aside.
pub(super) const OVERDUE: Duration = Duration::from_secs(3);

/// When a replica is cut off for so long the others count with it, and it may serve its share: the
/// two must not overlap.
const ON_ITS_OWN: Duration = Duration::from_millis(3500);

/// How long what others held may be counted that are gone.
const FORGOTTEN: Duration = Duration::from_secs(70);

/// Shared by calls and teller. Times are this process's own.
#[derive(Debug)]
pub(super) struct Contact {
    /// How many processes share the limits.
    replicas: AtomicU64,
    /// When the lease was last asked for that was granted, in microseconds.
    renewed_at: AtomicU64,
    /// When there was last another process, in microseconds.
    company: AtomicU64,
    silent: AtomicBool,
    on_redis: AtomicBool,
}

impl Default for Contact {
    fn default() -> Self {
        Self {
            replicas: AtomicU64::new(1),
            renewed_at: AtomicU64::new(0),
            company: AtomicU64::new(0),
            silent: AtomicBool::new(false),
            on_redis: AtomicBool::new(false),
        }
    }
}

impl Contact {
    /// How a call stands; `here` is this process's time and `now` the authority's.
    pub(super) fn footing(&self, here: Moment, now: Moment) -> Footing {
        let replicas = self.replicas();
        let renewed = Moment(self.renewed_at.load(Ordering::Relaxed));
        let alone = replicas == 1;
        let authority = if !self.is_silent() {
            Authority::There
        } else if alone || here >= renewed.after(ON_ITS_OWN) {
            let overdue = renewed.after(OVERDUE);
            Authority::Away(Alone {
                replicas,
                since: Moment(now.0.saturating_sub(here.0.saturating_sub(overdue.0))),
            })
        } else {
            Authority::Silent
        };
        let company = Moment(self.company.load(Ordering::Relaxed));
        Footing {
            now,
            // What a process gave back that has left was told to nobody.
            alone: alone && here >= company.after(FORGOTTEN),
            leased: here < renewed.after(LEASE),
            authority,
        }
    }

    /// How many processes share the limits, this one included.
    pub(super) fn replicas(&self) -> u64 {
        self.replicas.load(Ordering::Relaxed)
    }

    /// A lease was granted that was asked for at a moment.
    pub(super) fn renewed(&self, asked: Moment) {
        self.renewed_at.fetch_max(asked.0, Ordering::Relaxed);
    }

    /// So many processes share the limits now.
    pub(super) fn saw(&self, replicas: u64, here: Moment) {
        self.replicas.store(replicas.max(1), Ordering::Relaxed);
        if replicas > 1 {
            self.company.fetch_max(here.0, Ordering::Relaxed);
        }
    }

    /// Whether Redis grants.
    pub(super) fn is_on_redis(&self) -> bool {
        self.on_redis.load(Ordering::Relaxed)
    }

    /// Redis grants from now on, or the database.
    pub(super) fn goes_to_redis(&self, redis: bool) {
        self.on_redis.store(redis, Ordering::Relaxed);
    }

    /// Whether the authority does not answer.
    pub(super) fn is_silent(&self) -> bool {
        self.silent.load(Ordering::Relaxed)
    }

    /// The authority answers, or does not. Tells whether that is news.
    pub(super) fn answers(&self, answers: bool) -> bool {
        self.silent.swap(!answers, Ordering::Relaxed) == answers
    }
}
