//! A sliding window of one minute in sub-buckets of a second: pure arithmetic.
//!
//! A sub-bucket counts in full until it has wholly left the window, so in no stretch of sixty
//! seconds can more pass than the limit, wherever the stretch begins.

use std::time::Duration;

/// Seconds a window spans.
pub const WINDOW: u64 = 60;

/// The sub-buckets that may count: the running second and the sixty before it.
const SLOTS: usize = 61;

/// What was taken in the last minute, second by second. Seconds count from any fixed origin.
#[derive(Debug, Clone)]
pub struct Window {
    slots: [u64; SLOTS],
    /// The newest second that was written.
    newest: u64,
    /// Of all slots.
    sum: u128,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            slots: [0; SLOTS],
            newest: 0,
            sum: 0,
        }
    }
}

impl Window {
    /// What counts at a second.
    pub fn total(&self, second: u64) -> u64 {
        let first = self.newest.saturating_sub(WINDOW);
        let past = (first..second.saturating_sub(WINDOW).min(self.newest + 1))
            .map(|at| u128::from(self.slots[index(at)]))
            .sum::<u128>();
        u64::try_from(self.sum - past).unwrap_or(u64::MAX)
    }

    /// Whether an amount may be taken now; if not, how long until it may (`None`: never).
    pub fn check(
        &self,
        elapsed: Duration,
        amount: u64,
        limit: u64,
    ) -> Result<(), Option<Duration>> {
        let second = elapsed.as_secs();
        let total = self.total(second);
        if total.saturating_add(amount) <= limit {
            return Ok(());
        }
        if amount > limit {
            return Err(None);
        }
        let mut excess = total.saturating_add(amount) - limit;
        for (at, count) in self.counted(second) {
            excess = excess.saturating_sub(count);
            if excess == 0 {
                return Err(Some(leaves(at).saturating_sub(elapsed)));
            }
        }
        Err(Some(Duration::from_secs(WINDOW + 1)))
    }

    /// How long until everything that counts now has left the window.
    pub fn reset(&self, elapsed: Duration) -> Duration {
        self.counted(elapsed.as_secs())
            .rfind(|(_, count)| *count > 0)
            .map_or(Duration::ZERO, |(at, _)| leaves(at).saturating_sub(elapsed))
    }

    /// Takes an amount at a second.
    pub fn add(&mut self, second: u64, amount: u64) {
        self.advance(second);
        self.put(second, self.slots[index(second)].saturating_add(amount));
    }

    /// Replaces an amount that was taken at a second by another, if that second still counts.
    pub fn correct(&mut self, second: u64, taken: u64, used: u64) {
        if second + WINDOW >= self.newest {
            let count = self.slots[index(second)];
            self.put(second, count.saturating_sub(taken).saturating_add(used));
        }
    }

    /// The seconds that count at `second`, oldest first, with their amounts.
    fn counted(&self, second: u64) -> impl DoubleEndedIterator<Item = (u64, u64)> + '_ {
        let oldest = second.max(self.newest).saturating_sub(WINDOW);
        (oldest..=self.newest).map(|at| (at, self.slots[index(at)]))
    }

    fn put(&mut self, second: u64, count: u64) {
        let slot = &mut self.slots[index(second)];
        self.sum = self.sum - u128::from(*slot) + u128::from(count);
        *slot = count;
    }

    /// Empties the slots between the newest second and a later one.
    fn advance(&mut self, second: u64) {
        if second > self.newest {
            for at in (self.newest + 1..=second).rev().take(self.slots.len()) {
                self.put(at, 0);
            }
            self.newest = second;
        }
    }
}

/// When a sub-bucket has wholly left the window.
fn leaves(second: u64) -> Duration {
    Duration::from_secs(second + WINDOW + 1)
}

fn index(second: u64) -> usize {
    usize::try_from(second % SLOTS as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a model that remembers every request: no 60 s stretch passes more than the
        /// limit, and a refusal's wait is true.
        #[test]
        fn no_stretch_of_a_minute_passes_the_limit(
            gaps in prop::collection::vec(0_u64..20_000, 1..200),
            limit in 1_u64..20,
        ) {
            let mut window = Window::default();
            let mut now = Duration::ZERO;
            let mut passed: Vec<Duration> = Vec::new();
            for gap in gaps {
                now += Duration::from_millis(gap);
                match window.check(now, 1, limit) {
                    Ok(()) => {
                        window.add(now.as_secs(), 1);
                        passed.push(now);
                        let stretch = passed.iter().filter(|at| **at + Duration::from_mins(1) > now);
                        prop_assert!(stretch.count() as u64 <= limit);
                    }
                    Err(wait) => {
                        let wait = wait.expect("one is never above the limit");
                        prop_assert!(wait > Duration::ZERO && wait <= Duration::from_secs(61));
                        prop_assert!(window.check(now + wait, 1, limit).is_ok());
                        let early = wait.saturating_sub(Duration::from_millis(1));
                        prop_assert!(window.check(now + early, 1, limit).is_err());
                    }
                }
            }
        }
    }

    #[test]
    fn a_settlement_corrects_the_second_it_was_taken_in() {
        let mut window = Window::default();
        window.add(5, 100);
        window.correct(5, 100, 30);
        assert_eq!(window.total(6), 30);
        assert_eq!(window.total(65), 30);
        assert_eq!(window.total(66), 0);
    }

    #[test]
    fn a_late_settlement_does_not_touch_a_reused_slot() {
        let mut window = Window::default();
        window.add(5, 100);
        window.add(5 + 61, 7);
        window.correct(5, 100, 400);
        assert_eq!(window.total(66), 7);
    }

    #[test]
    fn more_than_the_limit_at_once_never_passes() {
        assert_eq!(Window::default().check(Duration::ZERO, 11, 10), Err(None));
    }
}
