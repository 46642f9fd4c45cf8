//! Which of a provider's credentials may be used now.
//!
//! One that the provider limits is spared for as long as it says, with the model it was limited
//! for, and so is one that it does not take for a model; one that it does not take at all is left
//! out with all its models, until it is tried again.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a credential that was not taken is left out, be it for all models or for one.
const REFUSED: Duration = Duration::from_mins(1);

/// How often a spared credential is tried all the same, where there is no other.
const EAGER: Duration = Duration::from_secs(1);

/// A provider's credentials; shared by all its targets.
#[derive(Debug)]
pub struct Credentials {
    /// The start of time, for them and for the targets that share them.
    pub(super) origin: Instant,
    /// Until when each is left out, in microseconds since the origin.
    refused: Box<[AtomicU64]>,
    turn: AtomicUsize,
}

/// The same credentials at one target.
#[derive(Debug)]
pub(super) struct Spared {
    /// Until when each is spared, in microseconds since the origin.
    until: Box<[AtomicU64]>,
    /// Until when each is left out because it may not be used for this.
    forbidden: Box<[AtomicU64]>,
    /// When one was last tried all the same.
    tried: AtomicU64,
}

/// What can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// This credential, by its number from zero.
    Use(usize),
    /// This one, which is left out, because there is no other; whether it is spared rather than
    /// refused, and for how long it still would be.
    Only {
        /// Its number from zero.
        credential: usize,
        /// It is limited, not refused.
        limited: bool,
        /// How long it still would be left out.
        wait: Duration,
    },
}

impl Credentials {
    /// So many, all good. A provider that needs none has one.
    pub fn new(count: usize) -> Self {
        Self {
            origin: Instant::now(),
            refused: zeros(count),
            turn: AtomicUsize::new(0),
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.refused.len()
    }

    /// Whether the provider refuses one, or did lately.
    pub fn is_refused(&self, credential: usize, now: Duration) -> bool {
        left(&self.refused, credential, now).is_some()
    }

    /// The provider does not take one.
    pub(super) fn refuse(&self, credential: usize, now: Duration) {
        set(&self.refused, credential, now + REFUSED);
    }

    /// The provider takes one. Whether it did not before.
    pub(super) fn accept(&self, credential: usize) -> bool {
        let Some(refused) = self.refused.get(credential) else {
            return false;
        };
        // Read first: nearly always there is nothing to write.
        refused.load(Ordering::Relaxed) != 0 && refused.swap(0, Ordering::Relaxed) != 0
    }

    /// The next in turn that may be used and is not among those that were tried already; else the
    /// one that may be used again first.
    pub(super) fn choose(&self, spared: &Spared, tried: u64, now: Duration) -> Option<Choice> {
        let count = self.count();
        let untried = |credential: &usize| tried & bit(*credential) == 0;
        let first = match count {
            1 => 0,
            _ => self.turn.fetch_add(1, Ordering::Relaxed) % count,
        };
        let mut only: Option<(Duration, usize, bool)> = None;
        for credential in (first..count).chain(0..first).filter(untried) {
            let refused = left(&self.refused, credential, now);
            let limited = left(&spared.until, credential, now);
            let Some(wait) = refused.max(limited) else {
                return Some(Choice::Use(credential));
            };
            let is_limited = refused.is_none();
            // One that is only limited is better than one that is refused.
            let worse = |(other, _, limited): &(Duration, usize, bool)| {
                (is_limited, std::cmp::Reverse(wait)) > (*limited, std::cmp::Reverse(*other))
            };
            if only.as_ref().is_none_or(worse) {
                only = Some((wait, credential, is_limited));
            }
        }
        only.map(|(wait, credential, limited)| Choice::Only {
            credential,
            limited,
            wait,
        })
    }
}

impl Spared {
    pub(super) fn new(count: usize) -> Self {
        Self {
            until: zeros(count),
            forbidden: zeros(count),
            tried: AtomicU64::new(0),
        }
    }

    /// One is limited for so long.
    pub(super) fn spare(&self, credential: usize, wait: Duration, now: Duration) {
        set(&self.until, credential, now + wait);
    }

    /// One may not be used for this.
    pub(super) fn forbid(&self, credential: usize, now: Duration) {
        set(&self.until, credential, now + REFUSED);
        set(&self.forbidden, credential, now + REFUSED);
    }

    /// Whether one may not be used for this.
    pub(super) fn is_forbidden(&self, credential: usize, now: Duration) -> bool {
        left(&self.forbidden, credential, now).is_some()
    }

    /// One is not limited any more.
    pub(super) fn free(&self, credential: usize) {
        for moments in [&self.until, &self.forbidden] {
            if let Some(until) = moments.get(credential)
                && until.load(Ordering::Relaxed) != 0
            {
                until.store(0, Ordering::Relaxed);
            }
        }
    }

    /// Whether one that is spared may be tried all the same now: one call a second may.
    pub(super) fn may_try(&self, now: Duration) -> bool {
        let tried = self.tried.load(Ordering::Relaxed);
        let due = tried == 0 || micros(now) >= tried + micros(EAGER);
        let exchanged = || {
            let order = Ordering::Relaxed;
            let now = micros(now).max(1);
            self.tried.compare_exchange(tried, now, order, order)
        };
        due && exchanged().is_ok()
    }

    /// How long none of some credentials may be used; `None` when one may.
    pub(super) fn wait(&self, credentials: &Credentials, now: Duration) -> Option<Duration> {
        let waits = (0..credentials.count()).map(|credential| {
            let refused = left(&credentials.refused, credential, now);
            refused.max(left(&self.until, credential, now))
        });
        // Nothing is less than something.
        waits.min().flatten()
    }
}

/// The bit of a credential in a set of those that were tried; from the 64th on they share one.
pub fn bit(credential: usize) -> u64 {
    1 << credential.min(63)
}

fn zeros(count: usize) -> Box<[AtomicU64]> {
    (0..count.max(1)).map(|_| AtomicU64::new(0)).collect()
}

fn set(moments: &[AtomicU64], credential: usize, until: Duration) {
    if let Some(moment) = moments.get(credential) {
        moment.store(micros(until), Ordering::Relaxed);
    }
}

/// How long until a moment, if it lies ahead.
fn left(moments: &[AtomicU64], credential: usize, now: Duration) -> Option<Duration> {
    let until = moments.get(credential)?.load(Ordering::Relaxed);
    let left = until.checked_sub(micros(now)).filter(|left| *left > 0)?;
    Some(Duration::from_micros(left))
}

fn micros(moment: Duration) -> u64 {
    u64::try_from(moment.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(100);

    fn used(choice: Option<Choice>) -> usize {
        match choice {
            Some(Choice::Use(credential)) => credential,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn credentials_take_turns() {
        let (all, spared) = (Credentials::new(3), Spared::new(3));
        let turns: Vec<usize> = (0..4).map(|_| used(all.choose(&spared, 0, NOW))).collect();
        assert_eq!(turns, [0, 1, 2, 0]);
    }

    #[test]
    fn a_limited_one_is_spared_for_as_long_as_was_said() {
        let (all, spared) = (Credentials::new(2), Spared::new(2));
        spared.spare(0, Duration::from_secs(7), NOW);
        for _ in 0..5 {
            assert_eq!(used(all.choose(&spared, 0, NOW)), 1);
        }
        let later = NOW + Duration::from_secs(7);
        let turns = [(); 2].map(|()| used(all.choose(&spared, 0, later)));
        assert_eq!(turns.iter().sum::<usize>(), 1, "both are used again");
    }

    #[test]
    fn a_refused_one_is_left_out_until_it_is_tried_again() {
        let (all, spared) = (Credentials::new(2), Spared::new(2));
        all.refuse(1, NOW);
        for _ in 0..5 {
            assert_eq!(used(all.choose(&spared, 0, NOW)), 0);
        }
        assert!(all.is_refused(1, NOW));
        assert!(!all.is_refused(1, NOW + REFUSED));
        assert!(all.accept(1) && !all.accept(1), "told once");
    }

    #[test]
    fn of_those_that_are_left_out_the_limited_one_goes_first() {
        let (all, spared) = (Credentials::new(3), Spared::new(3));
        all.refuse(0, NOW);
        spared.spare(1, Duration::from_secs(9), NOW);
        spared.spare(2, Duration::from_secs(5), NOW);
        assert_eq!(
            all.choose(&spared, 0, NOW),
            Some(Choice::Only {
                credential: 2,
                limited: true,
                wait: Duration::from_secs(5)
            })
        );
        assert_eq!(spared.wait(&all, NOW), Some(Duration::from_secs(5)));
        let tried = bit(1) | bit(2);
        let Some(Choice::Only {
            credential,
            limited,
            ..
        }) = all.choose(&spared, tried, NOW)
        else {
            panic!("there is one left");
        };
        assert_eq!((credential, limited), (0, false));
        assert_eq!(all.choose(&spared, tried | bit(0), NOW), None);
    }

    #[test]
    fn one_call_a_second_tries_what_is_spared() {
        let spared = Spared::new(1);
        assert!(spared.may_try(NOW));
        assert!(!spared.may_try(NOW + Duration::from_millis(999)));
        assert!(spared.may_try(NOW + Duration::from_secs(1)));
    }
}
