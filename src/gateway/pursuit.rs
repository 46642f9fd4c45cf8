//! What is left to be tried for a call: targets and their credentials, then other models.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smallvec::SmallVec;

use super::chance;
use super::plan::Plan;
use super::react::Next;
use crate::catalog::health::credentials::{self, Choice};
use crate::catalog::{Candidate, Catalog, Route};
use crate::models::refusal::{Refusal, Situation};

/// The first wait before a target is asked again, doubled each time, and the longest.
const BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// When the next try makes sense where nobody knows.
const SOON: Duration = Duration::from_secs(1);

/// What is left to be tried for a call.
pub(super) struct Pursuit {
    /// The model that is being tried.
    route: Arc<Route>,
    /// Its targets that may still be asked, in order.
    steps: SmallVec<[Step; 2]>,
    /// Whose turn it is.
    at: usize,
    /// The credentials that were tried there.
    tried: u64,
    /// Attempts for this model, and the most there may be.
    attempts: u32,
    most: u32,
    /// How often all of its targets were tried.
    round: u32,
    /// Whether there is one target, and no other could stand in for it.
    pub(super) alone: bool,
    /// When the whole call must be over.
    pub(super) deadline: Instant,
    /// Models that may serve the call instead.
    others: Others,
    /// How long those that could not be asked at all will be unusable.
    pub(super) wait: Option<Duration>,
    /// Why one that could be asked was not.
    pub(super) unable: Option<Refusal>,
}

/// A target that may be asked.
struct Step {
    candidate: Arc<Candidate>,
    /// Not before, as it said.
    due: Option<Instant>,
    /// When the first of its credentials may be used again that are limited for a short while.
    free: Option<Instant>,
}

impl Pursuit {
    /// The way through a plan.
    pub(super) fn new(route: &Arc<Route>, plan: &Plan, received: Instant) -> Self {
        let total = route.first().target.timeouts.total_timeout;
        let others = Others::of(route);
        let mut pursuit = Self {
            route: Arc::clone(route),
            steps: SmallVec::new(),
            at: 0,
            tried: 0,
            attempts: 0,
            most: 1,
            round: 0,
            alone: others.is_empty() && route.candidates.len() == 1,
            deadline: received + total,
            others,
            wait: None,
            unable: None,
        };
        pursuit.take_up(route, plan);
        pursuit
    }

    /// Goes on with the candidates of a model.
    pub(super) fn take_up(&mut self, route: &Arc<Route>, plan: &Plan) {
        let order = plan.order.iter();
        self.steps = order
            .map(|number| Step {
                candidate: Arc::clone(&route.candidates[*number]),
                due: None,
                free: None,
            })
            .collect();
        self.route = Arc::clone(route);
        (self.at, self.attempts, self.round, self.tried) = (0, 0, 0, 0);
        let first = self.first();
        self.most = first.map_or(1, |first| first.target.timeouts.max_attempts);
        self.wait = least(self.wait, plan.wait());
    }

    /// The next of the other models.
    pub(super) fn next_model(&mut self, catalog: &Catalog) -> Option<Arc<Route>> {
        self.steps.clear();
        loop {
            // Whoever cannot be asked was said to be so when the settings were read.
            if let (_, Ok(route)) = self.others.next(catalog)? {
                return Some(route);
            }
        }
    }

    /// Whether there are other models.
    pub(super) fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    /// Puts those in the place of a model's targets that can do what they cannot. Whether there
    /// are any.
    pub(super) fn take_up_others(&mut self, what: Next) -> bool {
        let fallbacks = &self.route.fallbacks;
        let models = match what {
            Next::LongerWindow => &fallbacks.context_window,
            _ => &fallbacks.content_policy,
        };
        let further = self.others.has_begun() && !self.others.is_empty();
        self.others.put_first(models);
        self.steps.clear();
        further || !models.is_empty()
    }

    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<&Arc<Candidate>> {
        self.steps.get(self.at).map(|step| &step.candidate)
    }

    /// Whose turn it is of those that may be asked by now.
    pub(super) fn due(&mut self, now: Instant) -> Option<&Arc<Candidate>> {
        while self.steps.get(self.at)?.due.is_some_and(|due| due > now) {
            self.go_on();
        }
        self.first()
    }

    /// Whether there may be another attempt for this model.
    pub(super) fn may_go_on(&self) -> bool {
        self.attempts < self.most && !self.steps.is_empty()
    }

    /// Another attempt begins.
    pub(super) fn count(&mut self) {
        self.attempts += 1;
    }

    /// The last attempt does not count: it was turned away at the door.
    pub(super) fn discount(&mut self) {
        self.attempts = self.attempts.saturating_sub(1);
    }

    /// Whose turn it is may not be asked after all.
    pub(super) fn skip(&mut self, unable: Refusal) {
        self.unable.get_or_insert(unable);
        self.leave_out();
    }

    /// Whose turn it is will not be asked any more.
    pub(super) fn leave_out(&mut self) {
        if self.at < self.steps.len() {
            self.steps.remove(self.at);
        }
        self.tried = 0;
    }

    /// Whose turn it is may be asked again from then on; without a time it is left out.
    pub(super) fn again(&mut self, due: Option<Instant>) {
        match self.steps.get_mut(self.at) {
            Some(step) if due.is_some() => {
                step.due = due;
                self.go_on();
            }
            _ => self.leave_out(),
        }
    }

    /// None of the credentials of whose turn it is may be used now.
    pub(super) fn put_off(&mut self) {
        let step = self.steps.get_mut(self.at);
        let free = step.and_then(|step| step.free.take());
        self.again(free);
    }

    fn go_on(&mut self) {
        self.at += 1;
        self.tried = 0;
    }

    /// A credential is not to be tried again, unless it is free soon. Whether another one may be
    /// used at once.
    pub(super) fn spare(
        &mut self,
        candidate: &Candidate,
        credential: usize,
        free: Option<Instant>,
        now: Instant,
    ) -> bool {
        self.tried |= credentials::bit(credential);
        if let Some(step) = self.steps.get_mut(self.at) {
            step.free = least(step.free, free);
        }
        let another = candidate.health().credential(self.tried, now);
        matches!(another, Some(Choice::Use(_)))
    }

    /// Which credential the candidate whose turn it is may be asked with.
    pub(super) fn credential(&mut self, candidate: &Candidate, now: Instant) -> Option<usize> {
        let health = candidate.health();
        match health.credential(self.tried, now)? {
            Choice::Use(credential) => Some(credential),
            Choice::Only {
                credential,
                limited: false,
                ..
            } if self.tried == 0 => Some(credential),
            Choice::Only {
                credential,
                limited: true,
                ..
            } if (self.alone && candidate.target.provider.credentials() == 1)
                || (self.attempts == 0 && health.may_try(now)) =>
            {
                Some(credential)
            }
            Choice::Only { wait, .. } => {
                self.wait = least(self.wait, Some(wait));
                None
            }
        }
    }

    /// How long to wait until those that are left are asked once more; `None` when the call must
    /// be over by then, or nobody is left.
    pub(super) fn backoff(&mut self, now: Instant) -> Option<Duration> {
        let most = BACKOFF
            .saturating_mul(1 << self.round.min(8))
            .min(LONGEST_BACKOFF);
        let wait = |step: &Step| {
            let due = step.due.unwrap_or(now);
            due.saturating_duration_since(now)
        };
        let soonest = self.steps.iter().map(wait).min()?;
        let wait = most.mul_f64(chance::share()).max(soonest);
        if now + wait >= self.deadline {
            return None;
        }
        self.round += 1;
        self.at = 0;
        Some(wait)
    }

    /// Why nobody was asked.
    pub(super) fn nobody(&self, requested: &str) -> Refusal {
        // Somebody who can serve may be there again soon, whoever else cannot.
        if let (Some(unable), None) = (&self.unable, self.wait) {
            return unable.clone();
        }
        let wait = self.wait.unwrap_or(SOON).max(SOON);
        let message = format!(
            "no target of the model `{requested}` can be used now; try again in {} s",
            wait.as_secs_f64().ceil()
        );
        Refusal::new(Situation::NoUsableTarget, message).retry_after(wait)
    }
}

/// Models that may serve a call in another's place, in order, the others of each behind it.
pub(super) struct Others {
    names: VecDeque<String>,
    /// Those that were tried.
    seen: Vec<Arc<str>>,
}

impl Others {
    /// Those of a model.
    pub(super) fn of(route: &Route) -> Self {
        Self {
            names: route.fallbacks.any.iter().cloned().collect(),
            seen: vec![Arc::clone(&route.known_as)],
        }
    }

    fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether one of them was taken.
    fn has_begun(&self) -> bool {
        self.seen.len() > 1
    }

    /// Puts others before those that are left.
    pub(super) fn put_first(&mut self, names: &[String]) {
        for name in names.iter().rev() {
            self.names.push_front(name.clone());
        }
    }

    /// The next by its name, or why it cannot be asked.
    pub(super) fn next(
        &mut self,
        catalog: &Catalog,
    ) -> Option<(String, Result<Arc<Route>, Refusal>)> {
        loop {
            let name = self.names.pop_front()?;
            let route = match catalog.substitute(&name) {
                Ok(route) => route,
                Err(refusal) => return Some((name, Err(refusal))),
            };
            if self.seen.contains(&route.known_as) {
                continue;
            }
            self.seen.push(Arc::clone(&route.known_as));
            self.put_first(&route.fallbacks.any);
            return Some((name, Ok(route)));
        }
    }
}

/// The less of two that are there.
pub(super) fn least<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
