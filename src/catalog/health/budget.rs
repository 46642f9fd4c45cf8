//! How many further attempts a target's failures may cause: a share of its calls.

use std::time::Duration;

use crate::config::Share;

/// One attempt, in the unit of the balance.
const ATTEMPT: u64 = 1_000_000;

/// What there is before any call, for those that come first and fail.
const RESERVE: u64 = 50 * ATTEMPT;

/// The most that is saved up.
const MOST: u64 = 100 * ATTEMPT;

/// A balance of further attempts: calls pay in, attempts after a failure take out.
#[derive(Debug, Clone)]
pub struct Budget {
    balance: u64,
    /// Until when the trickle is paid in.
    trickled: Duration,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            balance: RESERVE,
            trickled: Duration::ZERO,
        }
    }
}

impl Budget {
    /// A call begins.
    pub fn pay_in(&mut self, share: Share) {
        self.balance = (self.balance + u64::from(share.millionths())).min(MOST);
    }

    /// Takes out one further attempt, if there is one. One a second always comes back, so that
    /// where little is going on failures can be made good.
    pub fn take(&mut self, share: Share, now: Duration) -> bool {
        if share.millionths() == 0 {
            return false;
        }
        let seconds = now.as_secs().saturating_sub(self.trickled.as_secs());
        self.trickled = now;
        let trickle = seconds.saturating_mul(ATTEMPT);
        self.balance = self
            .balance
            .max(self.balance.saturating_add(trickle).min(RESERVE));
        let Some(rest) = self.balance.checked_sub(ATTEMPT) else {
            return false;
        };
        self.balance = rest;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn further_attempts_are_a_share_of_the_calls() {
        let share = Share::new(0.2);
        let mut budget = Budget::default();
        let mut further = 0;
        for _ in 0..10_000 {
            budget.pay_in(share);
            further += u32::from(budget.take(share, Duration::ZERO));
        }
        assert!((2000..=2050).contains(&further), "{further}");
    }

    #[test]
    fn where_little_goes_on_there_is_always_one() {
        let share = Share::new(0.01);
        let mut budget = Budget::default();
        while budget.take(share, Duration::ZERO) {}
        for second in 1..100 {
            assert!(budget.take(share, Duration::from_secs(second)), "{second}");
            assert!(!budget.take(share, Duration::from_secs(second)));
        }
    }

    #[test]
    fn a_budget_of_nothing_allows_nothing() {
        let mut budget = Budget::default();
        budget.pay_in(Share::new(0.0));
        assert!(!budget.take(Share::new(0.0), Duration::from_secs(10)));
    }
}
