//! How fast a target answered lately: a peak-sensitive moving average.
//!
//! A slower answer counts at once, a faster one little by little, as in Finagle's `PeakEwma`:
//! <https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/>. Unlike there,
//! what is not answered makes a target slow too: a failure as much as if it had taken twice as long
//! as usual, silence for as long as it lasts.

use std::time::Duration;

/// How long it takes until an old answer counts for a third.
const DECAY: Duration = Duration::from_secs(10);

/// What a target is taken for, in seconds, that has not answered yet and is being asked.
const UNKNOWN: f64 = 60.0;

/// How many seconds a failure counts for, at least and at most.
const FAILED: (f64, f64) = (1.0, 60.0);

/// What is measured: they take so differently long that one says nothing of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A stream, until its first content.
    Stream,
    /// An answer that comes as a whole, until its end.
    Whole,
}

impl Form {
    /// That of calls which ask for a stream, or do not.
    pub const fn of(stream: bool) -> Self {
        if stream { Self::Stream } else { Self::Whole }
    }
}

/// The moving average of one target and form.
#[derive(Debug, Clone, Copy, Default)]
pub struct Latency {
    /// Seconds; `None` before anything is known.
    average: Option<f64>,
    /// When it was last measured.
    at: Duration,
    /// Calls that wait for an answer.
    waiting: u32,
    /// Since when nothing was heard although somebody waits.
    silent_since: Duration,
}

impl Latency {
    /// A call waits from now on.
    pub fn asked(&mut self, now: Duration) {
        if self.waiting == 0 {
            self.silent_since = now;
        }
        self.waiting = self.waiting.saturating_add(1);
    }

    /// A call waits no more.
    pub fn heard(&mut self, now: Duration) {
        self.waiting = self.waiting.saturating_sub(1);
        self.silent_since = now;
    }

    /// An answer, or its beginning, took so long.
    pub fn measured(&mut self, took: Duration, now: Duration) {
        let took = took.as_secs_f64();
        let average = match self.average {
            Some(average) if took < average => {
                let kept = self.kept(now);
                average * kept + took * (1.0 - kept)
            }
            _ => took,
        };
        self.set(average, now);
    }

    /// A failure took so long.
    pub fn failed(&mut self, took: Duration, now: Duration) {
        let (least, most) = FAILED;
        let worse = self.average.map_or(least, |average| 2.0 * average);
        self.set(worse.clamp(least, most).max(took.as_secs_f64()), now);
    }

    /// Whoever waited left after so long: an answer takes longer.
    pub fn given_up(&mut self, after: Duration, now: Duration) {
        self.waiting = self.waiting.saturating_sub(1);
        let after = after.as_secs_f64();
        if self.average.is_none_or(|average| average < after) {
            self.set(after, now);
        }
    }

    /// What another call is expected to take, in seconds, beside some that run already. Where nobody
    /// waits it is less the longer nothing was measured, so that whoever was slow once is tried
    /// again, by one call.
    pub fn expected(&self, running: u32, now: Duration) -> f64 {
        let silent = now.saturating_sub(self.silent_since).as_secs_f64();
        let one = match (self.average, self.waiting) {
            (None, 0) => return 0.0,
            (None, _) => UNKNOWN.max(silent),
            (Some(average), 0) => average * self.kept(now),
            (Some(average), _) => average.max(silent),
        };
        one * f64::from(running.saturating_add(1))
    }

    /// How much of the average still counts.
    fn kept(&self, now: Duration) -> f64 {
        (-now.saturating_sub(self.at).as_secs_f64() / DECAY.as_secs_f64()).exp()
    }

    fn set(&mut self, average: f64, now: Duration) {
        self.average = Some(average);
        self.at = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn of(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn fast(now: Duration) -> Latency {
        let mut latency = Latency::default();
        latency.measured(of(0.5), now);
        latency
    }

    #[test]
    fn a_slow_answer_counts_at_once_and_a_fast_one_little_by_little() {
        let mut latency = Latency::default();
        assert!(latency.expected(3, at(0)) < f64::EPSILON);
        latency.measured(of(0.1), at(1));
        latency.measured(of(2.0), at(2));
        assert!((latency.expected(0, at(2)) - 2.0).abs() < 1e-9);
        latency.measured(of(0.1), at(3));
        assert!(latency.expected(0, at(3)) > 1.5);
        for second in 4..40 {
            latency.measured(of(0.1), at(second));
        }
        assert!(latency.expected(0, at(39)) < 0.2);
    }

    #[test]
    fn whoever_was_slow_once_is_tried_again_by_one_call() {
        let mut slow = Latency::default();
        slow.measured(of(5.0), at(0));
        assert!(slow.expected(0, at(60)) < fast(at(60)).expected(0, at(60)));
        slow.asked(at(60));
        assert!(slow.expected(1, at(60)) > fast(at(60)).expected(9, at(60)));
    }

    #[test]
    fn running_calls_make_it_slower() {
        let mut latency = Latency::default();
        latency.measured(of(1.0), at(0));
        assert!((latency.expected(3, at(0)) - 4.0).abs() < 1e-9);
    }

    #[test]
    fn whoever_has_not_answered_yet_is_asked_by_one_call() {
        let mut new = Latency::default();
        assert!(new.expected(0, at(0)) < fast(at(0)).expected(0, at(0)));
        new.asked(at(0));
        assert!(new.expected(1, at(0)) > fast(at(0)).expected(50, at(0)));
    }

    #[test]
    fn whoever_hangs_is_no_favourite() {
        let mut hangs = fast(at(0));
        for _ in 0..50 {
            hangs.asked(at(0));
        }
        for second in 1..120 {
            assert!(hangs.expected(50, at(second)) > fast(at(second)).expected(9, at(second)));
        }
        // Those who waited leave one after the other.
        for second in 120..170 {
            hangs.given_up(at(second), at(second));
            assert!(hangs.expected(0, at(second)) > fast(at(second)).expected(9, at(second)));
        }
    }

    #[test]
    fn one_long_wait_among_many_answers_is_no_silence() {
        let mut latency = Latency::default();
        latency.asked(at(0));
        for second in 1..100 {
            latency.asked(at(second));
            latency.heard(at(second));
            latency.measured(of(0.5), at(second));
        }
        assert!(latency.expected(0, at(100)) < 1.1);
    }

    #[test]
    fn whoever_fails_at_once_is_not_fast() {
        let mut fails = Latency::default();
        for second in 0..10 {
            fails.failed(of(0.01), at(second));
            assert!(fails.expected(0, at(second)) > fast(at(second)).expected(0, at(second)));
        }
        assert!((fails.expected(0, at(9)) - 60.0).abs() < 1e-9);
        fails.failed(of(120.0), at(10));
        assert!((fails.expected(0, at(10)) - 120.0).abs() < 1e-9);
    }
}
