//! Sliding windows in sub-buckets: pure arithmetic.
//!
//! A minute has sixty sub-buckets of a second, a day twenty-four of an hour. A sub-bucket counts
//! in full until it has wholly left the window, so in no stretch of sixty seconds can more pass
//! than the limit, wherever the stretch begins. The same arithmetic serves the memory of a process
//! and the rows of the database.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment in microseconds since 1970, by the clock of whoever keeps the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Moment(pub u64);

/// How long a window is, and its sub-buckets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Width {
    /// Sixty sub-buckets of a second.
    Minute,
    /// Twenty-four sub-buckets of an hour.
    Day,
}

/// What counts in a window, sub-bucket by sub-bucket; each has a label, the number of those before
/// it since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window {
    /// Labels and amounts, the oldest first, none of them empty.
    slots: Vec<(u64, u64)>,
}

impl Moment {
    /// The moment so much later.
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(micros(wait)))
    }

    /// How long it is until then; nothing when that is past.
    pub fn until(self, then: Self) -> Duration {
        Duration::from_micros(then.0.saturating_sub(self.0))
    }
}

impl Width {
    /// How many sub-buckets the window spans, besides the running one.
    const fn count(self) -> u64 {
        match self {
            Self::Minute => 60,
            Self::Day => 24,
        }
    }

    /// How long a sub-bucket is.
    pub const fn bucket(self) -> Duration {
        match self {
            Self::Minute => Duration::from_secs(1),
            Self::Day => Duration::from_hours(1),
        }
    }

    /// How far ahead of the running sub-bucket a charge may stand.
    const fn ahead(self) -> u64 {
        match self {
            Self::Minute => 70,
            Self::Day => 1,
        }
    }

    /// The sub-bucket that a moment is in.
    pub fn label(self, now: Moment) -> u64 {
        now.0 / micros(self.bucket())
    }

    /// When a sub-bucket has wholly left the window.
    fn leaves(self, label: u64) -> Moment {
        Moment((label + self.count() + 1).saturating_mul(micros(self.bucket())))
    }

    /// The oldest sub-bucket that counts.
    fn oldest(self, now: Moment) -> u64 {
        self.label(now).saturating_sub(self.count())
    }

    /// Whether a sub-bucket still counts.
    pub fn counts(self, label: u64, now: Moment) -> bool {
        label >= self.oldest(now)
    }
}

impl Window {
    /// What counts at a moment.
    pub fn total(&self, width: Width, now: Moment) -> u64 {
        let counted = self.counted(width, now);
        counted.fold(0, |sum, (_, amount)| sum.saturating_add(amount))
    }

    /// How long until an amount passes a limit: `Ok` at once, `Err(None)` never.
    pub fn check(
        &self,
        width: Width,
        now: Moment,
        amount: u64,
        limit: u64,
    ) -> Result<(), Option<Duration>> {
        let total = self.total(width, now).saturating_add(amount);
        if total <= limit {
            return Ok(());
        }
        if amount > limit {
            return Err(None);
        }
        let mut excess = total - limit;
        for (label, count) in self.counted(width, now) {
            excess = excess.saturating_sub(count);
            if excess == 0 {
                return Err(Some(now.until(width.leaves(label))));
            }
        }
        Err(None)
    }

    /// How long until everything that counts now has left the window.
    pub fn reset(&self, width: Width, now: Moment) -> Duration {
        let newest = self.slots.last();
        newest.map_or(Duration::ZERO, |(label, _)| now.until(width.leaves(*label)))
    }

    /// Takes an amount in a sub-bucket.
    pub fn add(&mut self, label: u64, amount: u64) {
        if amount == 0 {
            return;
        }
        let at = self.slots.partition_point(|(slot, _)| *slot < label);
        match self.slots.get_mut(at) {
            Some((slot, count)) if *slot == label => *count = count.saturating_add(amount),
            _ => self.slots.insert(at, (label, amount)),
        }
    }

    /// Gives back what was taken in a sub-bucket, if that is still there.
    pub fn remove(&mut self, label: u64, amount: u64) {
        let found = self.slots.binary_search_by_key(&label, |(slot, _)| *slot);
        if let Ok(at) = found {
            let count = &mut self.slots[at].1;
            *count = count.saturating_sub(amount);
            if *count == 0 {
                self.slots.remove(at);
            }
        }
    }

    /// Changes what counts in a sub-bucket: by what was taken in it less what was given back.
    pub fn change(&mut self, label: u64, by: i64) {
        if by >= 0 {
            self.add(label, by.unsigned_abs());
        } else {
            self.remove(label, by.unsigned_abs());
        }
    }

    /// All sub-buckets that are not empty, the oldest first, with their amounts.
    pub fn slots(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.slots.iter().copied()
    }

    /// Forgets what has left the window, and brings nearer what a clock that was wrong has put far
    /// ahead: it would count for as long as that clock was ahead.
    pub fn prune(&mut self, width: Width, now: Moment) {
        self.forget(width, now);
        let newest = width.label(now) + width.ahead();
        let mut far = 0_u64;
        while let Some((label, amount)) = self.slots.last().copied()
            && label > newest
        {
            self.slots.pop();
            far = far.saturating_add(amount);
        }
        self.add(newest, far);
    }

    /// Forgets what has left the window.
    pub fn forget(&mut self, width: Width, now: Moment) {
        let oldest = width.oldest(now);
        self.slots.retain(|(label, _)| *label >= oldest);
    }

    /// The sub-buckets that count, the oldest first, with their amounts.
    fn counted(&self, width: Width, now: Moment) -> impl Iterator<Item = (u64, u64)> + '_ {
        let oldest = width.oldest(now);
        let first = self.slots.partition_point(|(label, _)| *label < oldest);
        self.slots[first..].iter().copied()
    }
}

/// A duration in whole microseconds.
fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(millis: u64) -> Moment {
        Moment(1_700_000_000_000_000 + millis * 1000)
    }

    /// Against a model that remembers every request: no stretch as long as the window passes more
    /// than the limit, and a refusal's wait is true.
    fn holds(width: Width, gaps: Vec<u64>, limit: u64) -> Result<(), TestCaseError> {
        let span = width.bucket() * u32::try_from(width.count()).unwrap();
        let mut window = Window::default();
        let mut millis = 0;
        let mut passed: Vec<Moment> = Vec::new();
        for gap in gaps {
            millis += gap;
            let now = at(millis);
            match window.check(width, now, 1, limit) {
                Ok(()) => {
                    window.add(width.label(now), 1);
                    window.prune(width, now);
                    passed.push(now);
                    let stretch = passed.iter().filter(|at| at.after(span) > now).count();
                    prop_assert!(stretch as u64 <= limit);
                }
                Err(wait) => {
                    let wait = wait.expect("one is never above the limit");
                    prop_assert!(wait > Duration::ZERO && wait <= span + width.bucket());
                    prop_assert!(window.check(width, now.after(wait), 1, limit).is_ok());
                    let early = wait.saturating_sub(Duration::from_millis(1));
                    prop_assert!(window.check(width, now.after(early), 1, limit).is_err());
                }
            }
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_stretch_of_a_minute_passes_the_limit(
            gaps in prop::collection::vec(0_u64..20_000, 1..200),
            limit in 1_u64..20,
        ) {
            holds(Width::Minute, gaps, limit)?;
        }

        #[test]
        fn no_stretch_of_a_day_passes_the_limit(
            gaps in prop::collection::vec(0_u64..20_000_000, 1..200),
            limit in 1_u64..20,
        ) {
            holds(Width::Day, gaps, limit)?;
        }
    }

    #[test]
    fn what_is_given_back_goes_back_to_the_second_it_was_taken_in() {
        let mut window = Window::default();
        let second = Width::Minute.label(at(0));
        window.add(second, 100);
        window.change(second, -70);
        assert_eq!(window.total(Width::Minute, at(1000)), 30);
        assert_eq!(window.total(Width::Minute, at(60_000)), 30);
        assert_eq!(window.total(Width::Minute, at(61_000)), 0);
    }

    #[test]
    fn what_is_given_back_too_late_touches_nothing_else() {
        let mut window = Window::default();
        let second = Width::Minute.label(at(0));
        window.add(second, 100);
        window.add(second + 61, 7);
        window.prune(Width::Minute, at(61_000));
        window.change(second, -100);
        assert_eq!(window.total(Width::Minute, at(61_000)), 7);
    }

    #[test]
    fn more_than_the_limit_at_once_never_passes() {
        let window = Window::default();
        assert_eq!(window.check(Width::Minute, at(0), 11, 10), Err(None));
    }

    #[test]
    fn what_a_wrong_clock_put_far_ahead_counts_for_little_over_two_minutes() {
        let mut window = Window::default();
        window.add(Width::Minute.label(at(3_600_000)), 5);
        window.prune(Width::Minute, at(0));
        assert_eq!(window.total(Width::Minute, at(0)), 5);
        assert_eq!(window.total(Width::Minute, at(131_000)), 0);
    }
}
