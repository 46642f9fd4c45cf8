//! Limits on requests, tokens and parallel calls: taken at admission, settled at the end.
//!
//! Everything here is memory and arithmetic: no call waits for it. A refused call takes nothing,
//! and a call that used less than was estimated gives the rest back to the second it took it from;
//! what it used beyond that counts from its end on.
//! Start with [`Limits::take`]; the arithmetic is in [`bucket`].

pub mod bucket;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use foldhash::HashMap;

use crate::models::api_key::Rules;
use bucket::{WINDOW, Window};

/// The meters of every key that was used lately.
#[derive(Debug)]
pub struct Limits {
    origin: Instant,
    meters: RwLock<HashMap<Arc<str>, Arc<Meters>>>,
}

/// What a call is expected to take.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// Tokens it reads, counted roughly.
    pub input: u64,
    /// Tokens it may write at most, when it says so.
    pub max_output: Option<u64>,
}

/// Which limit refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Requests a minute.
    Requests,
    /// Tokens a minute.
    Tokens,
    /// Calls at once.
    Parallel,
}

/// A limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exceeded {
    /// Which one.
    pub measure: Measure,
    /// What it is set to.
    pub limit: u64,
    /// When the same call would pass if nothing else came; `None` when it never will.
    pub retry_after: Option<Duration>,
}

/// How one limit stands after a call was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// What it is set to.
    pub limit: u64,
    /// What is left.
    pub remaining: u64,
    /// Until all of it is back.
    pub reset: Duration,
}

/// How a key's limits stand, for the answer's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Standings {
    /// Requests a minute, where limited.
    pub requests: Option<Standing>,
    /// Tokens a minute, where limited.
    pub tokens: Option<Standing>,
}

/// The meters of one key.
#[derive(Debug)]
struct Meters {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    requests: Window,
    tokens: Window,
    running: u64,
    last_used: u64,
}

/// What one call has taken; gives back its parallel slot when dropped.
#[derive(Debug)]
pub struct Taken {
    meters: Arc<Meters>,
    /// The start of the meters' time.
    origin: Instant,
    second: u64,
    tokens: u64,
    counts_requests: bool,
    counts_tokens: bool,
}

impl Limits {
    /// Meters that all stand at zero; `origin` is the start of their time.
    pub fn new(origin: Instant) -> Self {
        Self {
            origin,
            meters: RwLock::default(),
        }
    }

    /// Takes what a call needs from a key's limits, all or nothing.
    ///
    /// Returns `None` for the taken part when the key has no limits at all.
    pub fn take(
        &self,
        key: &Arc<str>,
        rules: &Rules,
        estimate: Estimate,
        now: Instant,
    ) -> Result<(Option<Taken>, Standings), Exceeded> {
        if rules.caps.rpm.is_none() && rules.caps.tpm.is_none() && rules.caps.max_parallel.is_none()
        {
            return Ok((None, Standings::default()));
        }
        let elapsed = now.saturating_duration_since(self.origin);
        let second = elapsed.as_secs();
        let meters = self.meters(key);
        let mut state = meters.lock();
        state.last_used = second;

        if let Some(limit) = rules.caps.max_parallel
            && state.running >= limit
        {
            let retry_after = Some(Duration::from_secs(1));
            return Err(Exceeded {
                measure: Measure::Parallel,
                limit,
                retry_after,
            });
        }
        if let Some(limit) = rules.caps.rpm {
            state
                .requests
                .check(elapsed, 1, limit)
                .map_err(|wait| Exceeded {
                    measure: Measure::Requests,
                    limit,
                    retry_after: wait,
                })?;
        }
        let tokens = rules.caps.tpm.map_or(0, |limit| expected(estimate, limit));
        if let Some(limit) = rules.caps.tpm {
            state
                .tokens
                .check(elapsed, tokens, limit)
                .map_err(|wait| Exceeded {
                    measure: Measure::Tokens,
                    limit,
                    retry_after: wait,
                })?;
        }

        state.running += 1;
        if rules.caps.rpm.is_some() {
            state.requests.add(second, 1);
        }
        if rules.caps.tpm.is_some() {
            state.tokens.add(second, tokens);
        }
        let standings = state.standings(rules, elapsed);
        drop(state);
        Ok((
            Some(Taken {
                meters,
                origin: self.origin,
                second,
                tokens,
                counts_requests: rules.caps.rpm.is_some(),
                counts_tokens: rules.caps.tpm.is_some(),
            }),
            standings,
        ))
    }

    /// How a key's limits stand, without taking anything.
    pub fn standings(&self, key: &str, rules: &Rules, now: Instant) -> Standings {
        let elapsed = now.saturating_duration_since(self.origin);
        let found = self
            .meters
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
            .cloned();
        match found {
            Some(meters) => meters.lock().standings(rules, elapsed),
            None => State::default().standings(rules, elapsed),
        }
    }

    /// Forgets keys that were not used for longer than a window.
    pub fn sweep(&self, now: Instant) {
        let second = now.saturating_duration_since(self.origin).as_secs();
        let mut all = self.meters.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, meters| {
            // Whoever was just handed them has not taken anything yet.
            if Arc::strong_count(meters) > 1 {
                return true;
            }
            let state = meters.lock();
            state.running > 0 || state.last_used + 2 * WINDOW >= second
        });
    }

    fn meters(&self, key: &Arc<str>) -> Arc<Meters> {
        if let Some(found) = self
            .meters
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(key)
        {
            return Arc::clone(found);
        }
        let mut all = self.meters.write().unwrap_or_else(PoisonError::into_inner);
        let fresh = || {
            Arc::new(Meters {
                state: Mutex::default(),
            })
        };
        Arc::clone(all.entry(Arc::clone(key)).or_insert_with(fresh))
    }
}

/// What a call is charged until its end: all it reads, and a share of what it may write.
///
/// Holding the whole of a client's `max_tokens` would let one call of an agent, which names its
/// model's largest answer as a habit, shut out all others; a tenth of the limit still bounds what
/// parallel calls can pass unseen, and the settlement corrects it.
fn expected(estimate: Estimate, limit: u64) -> u64 {
    let output = estimate.max_output.unwrap_or(512).min(limit / 10);
    estimate.input.saturating_add(output)
}

impl Taken {
    /// Replaces the estimate of tokens by what was used, as is known now.
    ///
    /// What is left goes back to the second it was taken from. What was used beyond the estimate
    /// counts from now on: a long call's first second may have left the window already.
    pub fn settle(self, used: u64, now: Instant) {
        if !self.counts_tokens {
            return;
        }
        let mut state = self.meters.lock();
        if used > self.tokens {
            let second = now.saturating_duration_since(self.origin).as_secs();
            state.last_used = state.last_used.max(second);
            state.tokens.add(second, used - self.tokens);
        } else {
            state.tokens.correct(self.second, self.tokens, used);
        }
    }

    /// Gives everything back: the call is not made after all.
    pub fn undo(self) {
        let mut state = self.meters.lock();
        if self.counts_requests {
            state.requests.correct(self.second, 1, 0);
        }
        if self.counts_tokens {
            state.tokens.correct(self.second, self.tokens, 0);
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut state = self.meters.lock();
        state.running = state.running.saturating_sub(1);
    }
}

impl Meters {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn standings(&self, rules: &Rules, elapsed: Duration) -> Standings {
        let standing = |window: &Window, limit: u64| Standing {
            limit,
            remaining: limit.saturating_sub(window.total(elapsed.as_secs())),
            reset: window.reset(elapsed),
        };
        Standings {
            requests: rules.caps.rpm.map(|limit| standing(&self.requests, limit)),
            tokens: rules.caps.tpm.map(|limit| standing(&self.tokens, limit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::caps::Caps;

    fn rules(rpm: Option<u64>, tpm: Option<u64>, max_parallel: Option<u64>) -> Rules {
        let caps = Caps {
            rpm,
            tpm,
            max_parallel,
            ..Caps::default()
        };
        Rules {
            caps,
            ..Rules::default()
        }
    }

    const SMALL: Estimate = Estimate {
        input: 10,
        max_output: Some(0),
    };

    #[test]
    fn a_refused_call_takes_nothing() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let key: Arc<str> = "key_a".into();
        let rules = rules(Some(10), Some(15), None);
        let first = limits.take(&key, &rules, SMALL, start).unwrap();
        for _ in 0..20 {
            let refused = limits.take(&key, &rules, SMALL, start).unwrap_err();
            assert_eq!(refused.measure, Measure::Tokens);
        }
        first.0.unwrap().settle(0, start);
        let (_, standings) = limits.take(&key, &rules, SMALL, start).unwrap();
        assert_eq!(standings.requests.unwrap().remaining, 8);
    }

    #[test]
    fn a_parallel_slot_comes_back_when_the_call_is_dropped() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let key: Arc<str> = "key_a".into();
        let rules = rules(None, None, Some(2));
        let a = limits.take(&key, &rules, SMALL, start).unwrap();
        let b = limits.take(&key, &rules, SMALL, start).unwrap();
        assert_eq!(
            limits.take(&key, &rules, SMALL, start).unwrap_err().measure,
            Measure::Parallel
        );
        drop(a);
        assert!(limits.take(&key, &rules, SMALL, start).is_ok());
        // Once, although it was settled and dropped.
        b.0.unwrap().settle(0, start);
        let c = limits.take(&key, &rules, SMALL, start).unwrap();
        let d = limits.take(&key, &rules, SMALL, start).unwrap();
        assert!(limits.take(&key, &rules, SMALL, start).is_err());
        drop((c, d));
    }

    #[test]
    fn tokens_beyond_the_estimate_count_from_the_end_of_the_call() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let key: Arc<str> = "key_a".into();
        let rules = rules(None, Some(100), None);
        let (long, _) = limits.take(&key, &rules, SMALL, start).unwrap();
        let end = start + Duration::from_secs(90);
        long.unwrap().settle(1_000, end);
        for later in [0, 30, 60] {
            let now = end + Duration::from_secs(later);
            let refused = limits.take(&key, &rules, SMALL, now).unwrap_err();
            assert_eq!(refused.measure, Measure::Tokens, "{later} s later");
        }
        assert!(
            limits
                .take(&key, &rules, SMALL, end + Duration::from_secs(61))
                .is_ok()
        );
    }

    #[test]
    fn what_was_left_of_the_estimate_goes_back_to_where_it_came_from() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let key: Arc<str> = "key_a".into();
        let rules = rules(None, Some(10), None);
        let (first, _) = limits.take(&key, &rules, SMALL, start).unwrap();
        first.unwrap().settle(0, start + Duration::from_secs(5));
        assert!(limits.take(&key, &rules, SMALL, start).is_ok());
    }

    #[test]
    fn a_call_that_is_not_made_after_all_takes_nothing() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let key: Arc<str> = "key_a".into();
        let rules = rules(Some(1), Some(10), Some(1));
        for _ in 0..10 {
            let (taken, _) = limits.take(&key, &rules, SMALL, start).unwrap();
            taken.unwrap().undo();
        }
    }

    #[test]
    fn meters_that_are_in_somebodys_hands_are_not_forgotten() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let meters = limits.meters(&"key_a".into());
        limits.sweep(start + Duration::from_secs(500));
        assert!(Arc::ptr_eq(&meters, &limits.meters(&"key_a".into())));
    }

    #[test]
    fn idle_keys_are_forgotten_and_running_ones_are_not() {
        let start = Instant::now();
        let limits = Limits::new(start);
        let rules = rules(Some(1), None, None);
        let held = limits.take(&"key_a".into(), &rules, SMALL, start).unwrap();
        drop(limits.take(&"key_b".into(), &rules, SMALL, start).unwrap());
        limits.sweep(start + Duration::from_secs(500));
        assert_eq!(limits.meters.read().unwrap().len(), 1);
        drop(held);
    }

    #[test]
    fn an_agents_large_max_tokens_does_not_shut_out_others() {
        assert_eq!(
            expected(
                Estimate {
                    input: 100,
                    max_output: Some(64_000)
                },
                20_000
            ),
            2_100
        );
        assert_eq!(
            expected(
                Estimate {
                    input: 100,
                    max_output: Some(50)
                },
                20_000
            ),
            150
        );
    }
}
