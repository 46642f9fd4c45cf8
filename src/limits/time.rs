//! The authority's time, as far as it is known here.
//!
//! What is told here is never earlier than the authority's time: what is used is then labelled with
//! its sub-bucket or a later one, and counts for long enough.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Instant;

use super::bucket::Moment;
use crate::models::clock::Clock;

/// How much our clock may run ahead of or behind the authority's, in parts of a thousand.
const DRIFT: i64 = 1;

/// This process's clock, and how far the authority's is ahead of it.
#[derive(Debug)]
pub(super) struct Time {
    origin: Instant,
    /// The wall clock at the origin.
    start: u64,
    /// Microseconds, at most.
    ahead: AtomicI64,
    /// When that was learnt, in microseconds after the origin.
    heard_at: AtomicU64,
    heard: AtomicBool,
}

impl Time {
    pub(super) fn new(clock: &Clock) -> Self {
        Self {
            origin: clock.instant(),
            start: u64::try_from(clock.now().timestamp_micros()).unwrap_or(0),
            ahead: AtomicI64::new(0),
            heard_at: AtomicU64::new(0),
            heard: AtomicBool::new(false),
        }
    }

    /// The time by our own clock, which never goes back.
    pub(super) fn here(&self, at: Instant) -> Moment {
        Moment(self.start.saturating_add(self.elapsed(at)))
    }

    /// The authority's time, or a moment later.
    pub(super) fn there(&self, at: Instant) -> Moment {
        let ahead = self.ahead.load(Ordering::Relaxed);
        Moment(self.here(at).0.saturating_add_signed(ahead))
    }

    /// The authority has told its time in answer to what was sent at one moment and was answered at
    /// another.
    pub(super) fn hear(&self, sent: Instant, answered: Instant, then: Moment) {
        let from = |at: Instant| {
            let there = i64::try_from(then.0).unwrap_or(i64::MAX);
            there.saturating_sub(i64::try_from(self.here(at).0).unwrap_or(i64::MAX))
        };
        let (most, least) = (from(sent), from(answered));
        let now = self.elapsed(answered);
        let before = self.heard_at.swap(now, Ordering::Relaxed);
        let ahead = if self.heard.swap(true, Ordering::Relaxed) {
            let since = i64::try_from(now.saturating_sub(before)).unwrap_or(i64::MAX);
            let known = self.ahead.load(Ordering::Relaxed);
            // A slow answer tells less than what is known from a quick one.
            most.min(known.saturating_add(since / 1000 * DRIFT))
                .max(least)
        } else {
            most
        };
        self.ahead.store(ahead, Ordering::Relaxed);
    }

    /// Another authority's clock counts from now on.
    pub(super) fn forget(&self) {
        self.heard.store(false, Ordering::Relaxed);
    }

    fn elapsed(&self, at: Instant) -> u64 {
        let elapsed = at.saturating_duration_since(self.origin);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn it_is_never_earlier_than_the_authoritys() {
        let clock = Clock::manual(Clock::system().now());
        let time = Time::new(&clock);
        let begin = clock.instant();
        let at = |millis| begin + Duration::from_millis(millis);
        let there = |millis| time.here(at(millis)).after(Duration::from_hours(1));
        // Its clock is an hour ahead; the first answer was slow, the second quick, the third slow.
        for (sent, told, answered) in [(0, 900, 1000), (2000, 2001, 2002), (3000, 3900, 4000)] {
            time.hear(at(sent), at(answered), there(told));
            assert!(time.there(at(answered)) >= there(answered));
        }
        assert!(time.there(at(4000)) < there(4010));
    }
}
