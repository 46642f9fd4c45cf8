//! How a target does: what is known of its answers, and whom that lets through.
//!
//! [`Health`] is shared by all calls to one target and outlives changes of the configuration. The
//! arithmetic is pure, by a clock that is handed in, in [`breaker`], [`budget`], [`latency`] and
//! [`credentials`]; nothing here waits or asks anybody.

pub mod breaker;
pub mod budget;
pub mod credentials;
pub mod latency;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use self::breaker::{Breaker, Pass, Verdict};
use self::budget::Budget;
use self::credentials::{Choice, Credentials, Spared};
use self::latency::{Form, Latency};
use crate::config::Share;

/// How one target does.
#[derive(Debug)]
pub struct Health {
    running: AtomicU32,
    state: Mutex<State>,
    credentials: Arc<Credentials>,
    spared: Spared,
}

#[derive(Debug, Default)]
struct State {
    breaker: Breaker,
    budget: Budget,
    streams: Latency,
    wholes: Latency,
}

impl State {
    fn latency(&mut self, form: Form) -> &mut Latency {
        match form {
            Form::Stream => &mut self.streams,
            Form::Whole => &mut self.wholes,
        }
    }
}

/// What is known of a target at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Whether a call may pass.
    pub breaker: Verdict,
    /// How long none of its credentials may be used; `None` when one may.
    pub spared: Option<Duration>,
    /// Calls that are running.
    pub running: u32,
    /// What another call of the form that was asked about is expected to take, in seconds.
    pub latency: f64,
}

/// What came of a call, as far as the target is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It answered; after so long, where that tells how fast it is.
    Answered(Option<Duration>),
    /// It failed.
    Failed,
    /// It limits this credential for so long.
    Limited(Duration),
    /// It does not take this credential.
    Refused,
    /// It does not take this credential for this model.
    Forbidden,
}

/// A call that is running at a target; counts as given up when it is dropped untold.
#[derive(Debug)]
pub struct Running {
    health: Arc<Health>,
    credential: usize,
    form: Form,
    began: Duration,
    pass: Pass,
    told: bool,
}

impl Health {
    /// That of a target nothing is known of.
    pub fn new(credentials: Arc<Credentials>) -> Self {
        Self {
            running: AtomicU32::new(0),
            state: Mutex::default(),
            spared: Spared::new(credentials.count()),
            credentials,
        }
    }

    /// What is known at a moment, for calls of a form.
    pub fn view(&self, form: Form, now: Instant) -> View {
        let now = self.since(now);
        let running = self.running.load(Ordering::Relaxed);
        let mut state = self.lock();
        View {
            breaker: state.breaker.verdict(now),
            spared: self.spared.wait(&self.credentials, now),
            running,
            latency: state.latency(form).expected(running, now),
        }
    }

    /// The credentials of its provider.
    pub fn credentials(&self) -> &Arc<Credentials> {
        &self.credentials
    }

    /// For each of its provider's credentials, whether it is not taken, at all or here.
    pub fn refused(&self, now: Instant) -> Vec<bool> {
        let now = self.since(now);
        let refused =
            |one| self.credentials.is_refused(one, now) || self.spared.is_forbidden(one, now);
        (0..self.credentials.count()).map(refused).collect()
    }

    /// Which credential a call may use, besides those that it has tried.
    pub fn credential(&self, tried: u64, now: Instant) -> Option<Choice> {
        self.credentials
            .choose(&self.spared, tried, self.since(now))
    }

    /// Whether a credential that is spared may be used all the same: one call a second may.
    pub fn may_try(&self, now: Instant) -> bool {
        self.spared.may_try(self.since(now))
    }

    /// A call begins here.
    pub fn pay_in(&self, share: Share) {
        self.lock().budget.pay_in(share);
    }

    /// Whether a failure here may be followed by another attempt, which this takes.
    pub fn take_attempt(&self, share: Share, now: Instant) -> bool {
        let now = self.since(now);
        self.lock().budget.take(share, now)
    }

    /// Lets a call of a form pass with a credential, or not.
    pub fn pass(
        self: &Arc<Self>,
        credential: usize,
        form: Form,
        breaks: bool,
        now: Instant,
    ) -> Option<Running> {
        let now = self.since(now);
        let pass = {
            let mut state = self.lock();
            let pass = if breaks {
                state.breaker.pass(now)?
            } else {
                state.breaker.bypass()
            };
            state.latency(form).asked(now);
            pass
        };
        self.running.fetch_add(1, Ordering::Relaxed);
        Some(Running {
            health: Arc::clone(self),
            credential,
            form,
            began: now,
            pass,
            told: false,
        })
    }

    fn since(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.credentials.origin)
    }

    /// Nothing under this lock panics half-way.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Running {
    /// The number of its credential, from zero.
    pub fn credential(&self) -> usize {
        self.credential
    }

    /// Whether it had others beside its credential.
    pub fn has_choice(&self) -> bool {
        self.health.credentials.count() > 1
    }

    /// Says what came of it, and perhaps later that what it began broke off. Whether the breaker
    /// opens by this.
    pub fn tell(&mut self, outcome: Outcome, now: Instant) -> bool {
        let health = &self.health;
        let now = health.since(now);
        let first = !std::mem::replace(&mut self.told, true);
        match outcome {
            Outcome::Answered(_) => {
                health.credentials.accept(self.credential);
                health.spared.free(self.credential);
            }
            Outcome::Failed => {}
            Outcome::Limited(wait) => health.spared.spare(self.credential, wait, now),
            Outcome::Refused => health.credentials.refuse(self.credential, now),
            Outcome::Forbidden => health.spared.forbid(self.credential, now),
        }
        let mut state = health.lock();
        let latency = state.latency(self.form);
        if first {
            latency.heard(now);
        }
        match outcome {
            Outcome::Answered(Some(took)) => latency.measured(took, now),
            Outcome::Failed if first => latency.failed(now.saturating_sub(self.began), now),
            Outcome::Failed => latency.failed(Duration::ZERO, now),
            Outcome::Answered(None)
            | Outcome::Limited(_)
            | Outcome::Refused
            | Outcome::Forbidden => {}
        }
        if outcome == Outcome::Failed {
            return state.breaker.failed(self.pass, now);
        }
        // It is there, whatever it says of the credential.
        state.breaker.answered(self.pass, now);
        false
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.health.running.fetch_sub(1, Ordering::Relaxed);
        if !self.told {
            let now = self.health.since(Instant::now());
            let mut state = self.health.lock();
            state.breaker.gave_up(self.pass, now);
            let after = now.saturating_sub(self.began);
            state.latency(self.form).given_up(after, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::breaker::CONSECUTIVE;
    use super::*;

    fn health() -> Arc<Health> {
        Arc::new(Health::new(Arc::new(Credentials::new(1))))
    }

    #[test]
    fn a_call_runs_until_it_is_dropped() {
        let (health, now) = (health(), Instant::now());
        let calls = [(); 3].map(|()| health.pass(0, Form::Whole, true, now).unwrap());
        assert_eq!(health.view(Form::Whole, now).running, 3);
        drop(calls);
        assert_eq!(health.view(Form::Whole, now).running, 0);
    }

    #[test]
    fn a_try_whose_client_leaves_does_not_keep_others_out() {
        let (health, now) = (health(), Instant::now());
        for _ in 0..CONSECUTIVE {
            let mut call = health.pass(0, Form::Whole, true, now).unwrap();
            call.tell(Outcome::Failed, now);
        }
        assert!(health.pass(0, Form::Whole, true, now).is_none());
        assert!(
            health.pass(0, Form::Whole, false, now).is_some(),
            "unless nothing breaks"
        );
        let later = now + Duration::from_secs(6);
        drop(health.pass(0, Form::Whole, true, later).unwrap());
        assert!(health.pass(0, Form::Whole, true, later).is_some());
    }

    #[test]
    fn a_refused_credential_is_no_failure_of_the_target() {
        let (health, now) = (health(), Instant::now());
        for _ in 0..20 {
            let mut call = health.pass(0, Form::Whole, true, now).unwrap();
            call.tell(Outcome::Refused, now);
        }
        let view = health.view(Form::Whole, now);
        assert_eq!(view.breaker, Verdict::Closed);
        assert!(view.spared.is_some());
        let mut call = health.pass(0, Form::Whole, true, now).unwrap();
        call.tell(Outcome::Answered(None), now);
        assert_eq!(health.view(Form::Whole, now).spared, None);
    }

    #[test]
    fn streams_and_whole_answers_are_measured_apart() {
        let (health, now) = (health(), Instant::now());
        let later = now + Duration::from_mins(1);
        let mut whole = health.pass(0, Form::Whole, true, now).unwrap();
        whole.tell(Outcome::Answered(Some(Duration::from_mins(1))), later);
        let mut stream = health.pass(0, Form::Stream, true, now).unwrap();
        stream.tell(Outcome::Answered(Some(Duration::from_millis(200))), later);
        drop((whole, stream));
        assert!(health.view(Form::Stream, later).latency < 0.3);
        assert!(health.view(Form::Whole, later).latency > 59.0);
    }

    #[test]
    fn what_breaks_off_counts_as_a_failure_and_not_by_its_length() {
        let (health, now) = (health(), Instant::now());
        let later = now + Duration::from_mins(10);
        let mut call = health.pass(0, Form::Stream, true, now).unwrap();
        call.tell(Outcome::Answered(Some(Duration::from_secs(1))), now);
        call.tell(Outcome::Failed, later);
        drop(call);
        let latency = health.view(Form::Stream, later).latency;
        assert!((latency - 2.0).abs() < 1e-9, "{latency}");
    }
}
