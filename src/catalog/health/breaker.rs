//! The breaker of one target: pure, by a clock that is handed in.
//!
//! It opens when calls fail one after the other or most of many do, lets one call through when it
//! has been open for a while, and closes when that one is answered. What comes of calls from before
//! it last changed says nothing of how the target does since.

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

/// How soon whoever comes while a probe runs had better come again.
const SOON: Duration = Duration::from_secs(1);

/// A breaker. Times are since any fixed origin.
#[derive(Debug, Clone, Default)]
pub struct Breaker {
    state: State,
    /// How often it changed.
    changes: u32,
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

/// The right of one call to pass, by which what comes of it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pass {
    /// After so many changes.
    changes: u32,
    is_probe: bool,
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
    /// One is on its way to see; others may not for so long, or until it is answered.
    Probing(Duration),
    /// It may not, for so long.
    Open(Duration),
}

impl Verdict {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen | Self::Probing(_) => "half_open",
            Self::Open(_) => "open",
        }
    }
}

impl Breaker {
    /// Whether a call may pass, without passing.
    pub fn verdict(&self, now: Duration) -> Verdict {
        let left = |until: Duration| until.checked_sub(now).filter(|left| !left.is_zero());
        match self.state {
            State::Closed => Verdict::Closed,
            State::Open { until, .. } => left(until).map_or(Verdict::HalfOpen, Verdict::Open),
            State::Probing { since, .. } => {
                let left = left(since + PROBE).map(|left| left.min(SOON));
                left.map_or(Verdict::HalfOpen, Verdict::Probing)
            }
        }
    }

    /// Lets a call pass, or not. Of those that come while it is half open, one does.
    pub fn pass(&mut self, now: Duration) -> Option<Pass> {
        match self.verdict(now) {
            Verdict::Closed => Some(self.bypass()),
            Verdict::Open(_) | Verdict::Probing(_) => None,
            Verdict::HalfOpen => {
                self.change(State::Probing {
                    since: now,
                    times: self.times(),
                });
                Some(Pass {
                    is_probe: true,
                    ..self.bypass()
                })
            }
        }
    }

    /// Lets a call pass that no breaker holds back.
    pub const fn bypass(&self) -> Pass {
        Pass {
            changes: self.changes,
            is_probe: false,
        }
    }

    /// The target answered.
    pub fn answered(&mut self, pass: Pass, now: Duration) {
        if pass.changes != self.changes {
            return;
        }
        if let State::Closed = self.state {
            self.consecutive = 0;
            self.outcomes(now).answered += 1;
            return;
        }
        self.change(State::Closed);
        self.consecutive = 0;
        self.outcomes = [Outcomes::default(); SECONDS];
    }

    /// The target failed. Whether the breaker opens by this.
    pub fn failed(&mut self, pass: Pass, now: Duration) -> bool {
        if pass.changes != self.changes {
            return false;
        }
        self.consecutive = self.consecutive.saturating_add(1);
        self.outcomes(now).failed += 1;
        let opens = match self.state {
            State::Closed => self.consecutive >= CONSECUTIVE || self.mostly_fails(now),
            State::Open { .. } => false,
            State::Probing { .. } => pass.is_probe,
        };
        if !opens {
            return false;
        }
        let times = self.times().saturating_add(1);
        let open = OPEN
            .saturating_mul(1 << (times - 1).min(8))
            .min(LONGEST_OPEN);
        self.change(State::Open {
            until: now + open,
            times,
        });
        true
    }

    /// Nothing is known of a call that passed: whoever made it has left.
    pub fn gave_up(&mut self, pass: Pass, now: Duration) {
        if pass.is_probe && pass.changes == self.changes {
            let times = self.times();
            self.change(State::Open { until: now, times });
        }
    }

    /// How often in a row it opened.
    const fn times(&self) -> u32 {
        match self.state {
            State::Closed => 0,
            State::Open { times, .. } | State::Probing { times, .. } => times,
        }
    }

    fn change(&mut self, state: State) {
        self.state = state;
        self.changes = self.changes.wrapping_add(1);
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

    /// What comes of a call that passes now.
    fn fails(breaker: &mut Breaker, now: Duration) -> bool {
        let pass = breaker.pass(now).unwrap();
        breaker.failed(pass, now)
    }

    fn answers(breaker: &mut Breaker, now: Duration) {
        let pass = breaker.pass(now).unwrap();
        breaker.answered(pass, now);
    }

    fn open(breaker: &mut Breaker, now: Duration) {
        for _ in 1..CONSECUTIVE {
            assert!(!fails(breaker, now));
        }
        assert!(fails(breaker, now));
    }

    fn opened(now: Duration) -> Breaker {
        let mut breaker = Breaker::default();
        open(&mut breaker, now);
        breaker
    }

    #[test]
    fn failures_one_after_the_other_open_it() {
        let mut breaker = opened(at(0));
        assert_eq!(
            breaker.verdict(at(1)),
            Verdict::Open(Duration::from_secs(4))
        );
        assert_eq!(breaker.pass(at(4)), None);
    }

    #[test]
    fn an_answer_in_between_keeps_it_closed() {
        let mut breaker = Breaker::default();
        for _ in 0..100 {
            for _ in 1..CONSECUTIVE {
                fails(&mut breaker, at(0));
                answers(&mut breaker, at(0));
            }
            answers(&mut breaker, at(0));
        }
        assert_eq!(breaker.verdict(at(0)), Verdict::Closed);
    }

    #[test]
    fn half_of_many_failing_opens_it() {
        let mut breaker = Breaker::default();
        let opens = (0..40).position(|_| {
            answers(&mut breaker, at(0));
            fails(&mut breaker, at(1))
        });
        assert_eq!(opens, Some(9));
    }

    #[test]
    fn what_was_long_ago_makes_no_rate() {
        let mut breaker = Breaker::default();
        for second in 0..100 {
            fails(&mut breaker, at(second * 11));
            answers(&mut breaker, at(second * 11));
        }
        assert_eq!(breaker.verdict(at(1200)), Verdict::Closed);
    }

    #[test]
    fn one_call_tries_and_its_answer_closes_it() {
        let mut breaker = opened(at(0));
        let probe = breaker.pass(at(5)).unwrap();
        assert_eq!(breaker.pass(at(5)), None, "only one");
        assert_eq!(breaker.verdict(at(5)), Verdict::Probing(SOON));
        assert_eq!(breaker.verdict(at(5)).as_str(), "half_open");
        breaker.answered(probe, at(6));
        assert_eq!(breaker.verdict(at(6)), Verdict::Closed);
    }

    #[test]
    fn a_failed_try_opens_it_for_longer_each_time() {
        let mut breaker = opened(at(0));
        let mut now = at(5);
        let mut waits = Vec::new();
        for _ in 0..6 {
            assert!(fails(&mut breaker, now));
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
        let probe = breaker.pass(at(5)).unwrap();
        breaker.gave_up(probe, at(6));
        assert!(breaker.pass(at(6)).is_some());
        assert!(breaker.pass(at(6) + PROBE).is_some(), "or after a while");
    }

    #[test]
    fn what_comes_of_calls_from_before_it_opened_says_nothing_of_the_try() {
        let mut breaker = Breaker::default();
        let old = breaker.pass(at(0)).unwrap();
        open(&mut breaker, at(0));
        breaker.answered(old, at(1));
        assert!(matches!(breaker.verdict(at(1)), Verdict::Open(_)));
        let probe = breaker.pass(at(5)).unwrap();
        breaker.gave_up(old, at(6));
        assert_eq!(breaker.pass(at(6)), None, "the try still runs");
        assert!(!breaker.failed(old, at(7)));
        breaker.answered(old, at(7));
        assert_eq!(breaker.verdict(at(7)), Verdict::Probing(SOON));
        breaker.answered(probe, at(8));
        for _ in 0..CONSECUTIVE {
            assert!(!breaker.failed(old, at(9)));
        }
        assert_eq!(breaker.verdict(at(9)), Verdict::Closed);
    }

    #[test]
    fn calls_that_nothing_holds_back_close_it_by_an_answer_and_end_no_try() {
        let mut breaker = opened(at(0));
        let call = breaker.bypass();
        breaker.answered(call, at(1));
        assert_eq!(breaker.verdict(at(1)), Verdict::Closed);
        open(&mut breaker, at(1));
        let probe = breaker.pass(at(6)).unwrap();
        let call = breaker.bypass();
        assert!(!breaker.failed(call, at(7)));
        breaker.gave_up(call, at(7));
        assert_eq!(breaker.verdict(at(7)), Verdict::Probing(SOON));
        assert!(breaker.failed(probe, at(7)));
    }
}
