//! How fast a target answered lately: a peak-sensitive moving average.
//!
//! A slower answer counts at once, a faster one little by little, as in Finagle's `PeakEwma`:
//! <https://linkerd.io/2016/03/16/beyond-round-robin-load-balancing-for-latency/>.

use std::time::Duration;

/// How long it takes until an old answer counts for a third.
const DECAY: Duration = Duration::from_secs(10);

/// The moving average of one target.
#[derive(Debug, Clone, Copy, Default)]
pub struct Latency {
    /// Seconds; `None` before the first answer.
    average: Option<f64>,
    at: Duration,
}

impl Latency {
    /// An answer began after so long.
    pub fn measured(&mut self, took: Duration, now: Duration) {
        let took = took.as_secs_f64();
        let average = match self.average {
            Some(average) if took < average => {
                let kept = (-now.saturating_sub(self.at).as_secs_f64() / DECAY.as_secs_f64()).exp();
                average * kept + took * (1.0 - kept)
            }
            _ => took,
        };
        self.average = Some(average);
        self.at = now;
    }

    /// What another call is expected to take, in seconds, beside some that run already; less the
    /// longer nothing was heard, so that whoever was slow once is tried again.
    pub fn expected(&self, running: u32, now: Duration) -> f64 {
        let Some(average) = self.average else {
            return 0.0;
        };
        let kept = (-now.saturating_sub(self.at).as_secs_f64() / DECAY.as_secs_f64()).exp();
        average * kept * f64::from(running.saturating_add(1))
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
    fn whoever_was_slow_once_is_tried_again() {
        let mut slow = Latency::default();
        slow.measured(of(5.0), at(0));
        let mut fast = Latency::default();
        fast.measured(of(0.5), at(60));
        assert!(slow.expected(0, at(60)) < fast.expected(0, at(60)));
    }

    #[test]
    fn running_calls_make_it_slower() {
        let mut latency = Latency::default();
        latency.measured(of(1.0), at(0));
        assert!((latency.expected(3, at(0)) - 4.0).abs() < 1e-9);
    }
}
