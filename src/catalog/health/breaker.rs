//! The breaker of one target: pure, by a clock that is handed in.
//!
//! It opens when calls fail one after the other or most of many do, lets one call through when it
//! has been open for a while, and closes when that one is answered.

use std::time::Duration;

/// How many failures one after the other open it.
pub const CONSECUTIVE: u32 = 5;

/// How many attempts of the last seconds make a rate.
const ENOUGH: u32 = 20;

/// Seconds over which a rate is taken.
const SECONDS: usize = 10;

/// How long it stays open at first, and at most.
const OPEN: Duration = Duration::from_secs(5);
const LONGEST_OPEN: Duration = Duration::from_mins(1);

/// How long a probe may take before another call may be one.
const PROBE: Duration = Duration::from_secs(30);

/// A breaker. Times are since any fixed origin.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    state: State,
    consecutive: u32,
    outcomes: [Outcomes; SECONDS],
}

#[derive(Debug, Clone, Copy, Default)]
enum State {
    #[default]
    Closed,
    /// Nobody passes until then; for the so many-th time in a row.
    Open { until: Duration, times: u32 },
    /// One call is on its way to try.
    Probing { since: Duration, times: u32 },
}

/// What came of the attempts of one second.
#[derive(Debug, Clone, Copy, Default)]
struct Outcomes {
    second: u64,
    answered: u32,
    failed: u32,
}

/// Whether a call may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Closed,
    /// One may, to see whether the target is back.
    HalfOpen,
    /// It may not, for so long.
    Open(Duration),
}

impl Verdict {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half_open",
            Self::Open(_) => "open",
        }
    }
}

impl Breaker {
    /// Whether a call may pass, without passing.
    pub fn verdict(&self, now: Duration) -> Verdict {
        let until = match self.state {
            State::Closed => return Verdict::Closed,
            State::Open { until, .. } => until,
            State::Probing { since, .. } => since + PROBE,
        };
        match until.checked_sub(now) {
            Some(left) if !left.is_zero() => Verdict::Open(left),
            _ => Verdict::HalfOpen,
        }
    }

    /// Lets a call pass, or not. Of those that come while it is half open, one does.
    pub fn pass(&mut self, now: Duration) -> bool {
        match self.verdict(now) {
            Verdict::Closed => true,
            Verdict::Open(_) => false,
            Verdict::HalfOpen => {
                let (State::Open { times, .. } | State::Probing { times, .. }) = self.state else {
                    return true;
                };
                self.state = State::Probing { since: now, times };
                true
            }
        }
    }

    /// The target answered.
    pub fn answered(&mut self, now: Duration) {
        self.consecutive = 0;
        if let State::Closed = self.state {
            self.outcomes(now).answered += 1;
        } else {
            *self = Self::default();
        }
    }

    /// The target failed. Whether the breaker opens by this.
    pub fn failed(&mut self, now: Duration) -> bool {
        self.consecutive = self.consecutive.saturating_add(1);
        self.outcomes(now).failed += 1;
        let times = match self.state {
            State::Closed if self.consecutive >= CONSECUTIVE || self.mostly_fails(now) => 1,
            // Those that passed before it opened.
            State::Closed | State::Open { .. } => return false,
            State::Probing { times, .. } => times.saturating_add(1),
        };
        let open = OPEN
            .saturating_mul(1 << (times - 1).min(8))
            .min(LONGEST_OPEN);
        self.state = State::Open {
            until: now + open,
            times,
        };
        true
    }

    /// Nothing is known of a call that passed: whoever made it has left.
    pub fn gave_up(&mut self, now: Duration) {
        if let State::Probing { times, .. } = self.state {
            self.state = State::Open { until: now, times };
        }
    }

    fn mostly_fails(&self, now: Duration) -> bool {
        let first = now.as_secs().saturating_sub(SECONDS as u64 - 1);
        let recent = self.outcomes.iter().filter(|one| one.second >= first);
        let (answered, failed) = recent.fold((0, 0), |(answered, failed), one| {
            (answered + one.answered, failed + one.failed)
        });
        answered + failed >= ENOUGH && failed >= answered
    }

    fn outcomes(&mut self, now: Duration) -> &mut Outcomes {
        let second = now.as_secs();
        let slot = usize::try_from(second % SECONDS as u64).unwrap_or(0);
        let outcomes = &mut self.outcomes[slot];
        if outcomes.second != second {
            *outcomes = Outcomes {
                second,
                ..Outcomes::default()
            };
        }
        outcomes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(1000 + seconds)
    }

    fn opened(now: Duration) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 1..CONSECUTIVE {
            assert!(!breaker.failed(now));
        }
        assert!(breaker.failed(now));
        breaker
    }

    #[test]
    fn failures_one_after_the_other_open_it() {
        let mut breaker = opened(at(0));
        assert_eq!(
            breaker.verdict(at(1)),
            Verdict::Open(Duration::from_secs(4))
        );
        assert!(!breaker.pass(at(4)));
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            for _ in 1..CONSECUTIVE {
                breaker.failed(at(0));
                breaker.answered(at(0));
            }
            breaker.answered(at(0));
        }
        assert_eq!(breaker.verdict(at(0)), Verdict::Closed);
    }

    #[test]
    fn half_of_many_failing_opens_it() {
        let mut breaker = Breaker::default();
        let opens = (0..40).position(|_| {
            breaker.answered(at(0));
            breaker.failed(at(1))
        });
        assert_eq!(opens, Some(9));
    }

    #[test]
    fn what_was_long_ago_makes_no_rate() {
        let mut breaker = Breaker::default();
        for second in 0..100 {
            breaker.failed(at(second * 11));
            breaker.answered(at(second * 11));
        }
        assert_eq!(breaker.verdict(at(1200)), Verdict::Closed);
    }

    #[test]
    fn one_call_tries_and_its_answer_closes_it() {
        let mut breaker = opened(at(0));
        assert!(breaker.pass(at(5)));
        assert!(!breaker.pass(at(5)), "only one");
        breaker.answered(at(6));
        assert_eq!(breaker.verdict(at(6)), Verdict::Closed);
    }

    #[test]
    fn a_failed_try_opens_it_for_longer_each_time() {
        let mut breaker = opened(at(0));
        let mut now = at(5);
        let mut waits = Vec::new();
        for _ in 0..6 {
            assert!(breaker.pass(now));
            assert!(breaker.failed(now));
            let Verdict::Open(wait) = breaker.verdict(now) else {
                panic!("not open");
            };
            waits.push(wait.as_secs());
            now += wait;
        }
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
    }

    #[test]
    fn whoever_leaves_while_trying_leaves_the_try_to_the_next() {
        let mut breaker = opened(at(0));
        assert!(breaker.pass(at(5)));
        breaker.gave_up(at(6));
        assert!(breaker.pass(at(6)));
        assert!(breaker.pass(at(6) + PROBE), "or after a while");
    }
}
