//! One target after the other, until one answers: the attempts of a call.
//!
//! Who is asked in which order is [`super::plan`]'s, what a failure means [`super::react`]'s; here
//! is what is left to be tried, how long to wait for it, and when it is enough. Everything ends
//! before the client is told anything of an answer: after that there is no other attempt.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::counter;
use smallvec::SmallVec;

use super::Gateway;
use super::attempt::{Asked, Failed};
use super::candidates::Wanted;
use super::chance;
use super::compose::Composer;
use super::permit::{Ending, Used};
use super::plan::Plan;
use super::react::{self, Blame, Next};
use super::run::{Got, Run};
use crate::catalog::health::credentials::{self, Choice};
use crate::catalog::health::{self, Outcome};
use crate::catalog::{Candidate, Route};
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::{Class, Failure};
use crate::telemetry::names;

/// The first wait before a target is asked again, doubled each time, and the longest.
const BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// A provider that asks for a longer wait is not waited for: its client may know better.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a credential is left out that may not be used for what was asked.
const FORBIDDEN: Duration = Duration::from_mins(1);

/// How long a provider is spared that does not say for how long.
const USUAL: Duration = Duration::from_secs(1);

/// When the next try makes sense where nobody knows.
const SOON: Duration = Duration::from_secs(1);

/// What is left to be tried for a call.
pub(super) struct Pursuit {
    /// Who may still be asked, in order.
    steps: SmallVec<[Arc<Candidate>; 2]>,
    /// Whose turn it is.
    at: usize,
    /// The credentials that were tried there.
    tried: u64,
    /// Whether one of them was limited for so short a while that it is waited for.
    limited: bool,
    /// Attempts for the model that is being tried.
    attempts: u32,
    most: u32,
    /// How often all of them were tried.
    round: u32,
    /// The shortest wait that was asked for in this round.
    asked_to_wait: Option<Duration>,
    /// Whether there is one target, and no other could stand in for it.
    pub(super) alone: bool,
    /// When the whole call must be over.
    pub(super) deadline: Instant,
    /// Models that may serve the call instead, in order.
    fallbacks: VecDeque<String>,
    /// Models that were tried.
    models: Vec<Arc<str>>,
    /// How long those that could not be asked at all will be unusable.
    wait: Option<Duration>,
    /// Why one that could be asked was not.
    unable: Option<Refusal>,
}

/// A candidate that may be asked now.
pub(super) struct Turn {
    pub(super) candidate: Arc<Candidate>,
    credential: usize,
    health: health::Running,
    /// How long was waited for it.
    waited: Duration,
}

impl Pursuit {
    /// The way through a plan.
    pub(super) fn new(route: &Route, plan: &Plan, received: Instant) -> Self {
        let total = route.first().target.timeouts.total_timeout;
        let mut pursuit = Self {
            steps: SmallVec::new(),
            at: 0,
            tried: 0,
            limited: false,
            attempts: 0,
            most: 1,
            round: 0,
            asked_to_wait: None,
            alone: false,
            deadline: received + total,
            fallbacks: route.fallbacks.any.iter().cloned().collect(),
            models: Vec::new(),
            wait: None,
            unable: None,
        };
        pursuit.take_up(route, plan);
        pursuit
    }

    /// Goes on with the candidates of a model.
    fn take_up(&mut self, route: &Route, plan: &Plan) {
        let order = plan.order.iter();
        self.steps = order
            .map(|number| Arc::clone(&route.candidates[*number]))
            .collect();
        (self.at, self.attempts, self.round) = (0, 0, 0);
        (self.tried, self.limited) = (0, false);
        self.asked_to_wait = None;
        let first = self.steps.first();
        self.most = first.map_or(1, |first| first.target.timeouts.max_attempts);
        self.alone =
            self.fallbacks.is_empty() && self.models.is_empty() && route.candidates.len() == 1;
        self.models.push(Arc::clone(&route.known_as));
        self.wait = least(self.wait, plan.wait());
    }

    /// Whose turn it is.
    pub(super) fn first(&self) -> Option<&Arc<Candidate>> {
        self.steps.get(self.at)
    }

    /// Whose turn it is may not be asked after all.
    pub(super) fn skip(&mut self, unable: Refusal) {
        self.unable.get_or_insert(unable);
        self.leave_out();
    }

    fn leave_out(&mut self) {
        if self.at < self.steps.len() {
            self.steps.remove(self.at);
        }
        (self.tried, self.limited) = (0, false);
    }

    fn go_on(&mut self) {
        self.at += 1;
        (self.tried, self.limited) = (0, false);
    }

    /// Which credential the candidate whose turn it is may be asked with.
    fn credential(&mut self, candidate: &Candidate, now: Instant) -> Option<usize> {
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

fn least(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// Whether a target could not even be asked, or said nothing.
const fn is_out_of_reach(class: Class) -> bool {
    matches!(class, Class::Connect | Class::Timeout)
}

impl Gateway {
    /// Finds somebody among a model's fallbacks, if there is nobody yet.
    pub(super) fn find_fallback(&self, pursuit: &mut Pursuit, wanted: &Wanted<'_>) -> bool {
        while pursuit.steps.is_empty() {
            let Some(name) = pursuit.fallbacks.pop_front() else {
                return false;
            };
            let Ok(route) = self.catalog.resolve(&name) else {
                continue;
            };
            if pursuit.models.contains(&route.known_as) {
                continue;
            }
            for further in route.fallbacks.any.iter().rev() {
                pursuit.fallbacks.push_front(further.clone());
            }
            let plan = self.plan(&route, wanted);
            pursuit.take_up(&route, &plan);
        }
        true
    }
}

impl Run {
    /// Asks one after the other until one answers. Whatever goes wrong in the end is settled here.
    pub(super) async fn pursue(&mut self, media: bool) -> Result<Got, Refusal> {
        let mut last: Option<Failed> = None;
        loop {
            let Some(turn) = self.next().await else {
                return Err(self.give_up(last).await);
            };
            let candidate = Arc::clone(&turn.candidate);
            let credential = turn.credential;
            let sent = self
                .permit
                .ask(&candidate, turn.health, (turn.waited, self.pursuit.alone));
            if last.is_none() {
                let share = candidate.target.timeouts.retry_budget;
                candidate.health().pay_in(share);
            }
            self.pursuit.attempts += 1;
            let asked = Asked {
                target: &candidate.target,
                credential,
                stream: self.stream,
                deadline: self.pursuit.deadline,
            };
            let failed = match self.take(asked, &sent, media).await {
                Ok(got) => {
                    if let Some(conversation) = &self.conversation {
                        let affinity = &self.gateway.affinity;
                        affinity.remember(&self.call, conversation, &self.candidate, got.id());
                    }
                    return Ok(got);
                }
                Err(failed) => failed,
            };
            let goes_on = self.react(&failed, credential);
            if !goes_on {
                return Err(self.give_up(Some(failed)).await);
            }
            self.permit.note(&failed);
            last = Some(failed);
        }
    }

    /// The next that may be asked, once the time has come for it.
    async fn next(&mut self) -> Option<Turn> {
        let mut waited = Duration::ZERO;
        loop {
            if self.permit.signs().has_left() {
                return None;
            }
            if self.pursuit.attempts < self.pursuit.most {
                if let Some(turn) = self.turn(waited) {
                    return Some(turn);
                }
                if !self.pursuit.steps.is_empty() {
                    // There is no time for anybody else either.
                    let wait = self.backoff()?;
                    tokio::time::sleep(wait).await;
                    waited += wait;
                    continue;
                }
            }
            self.pursuit.steps.clear();
            let gateway = Arc::clone(&self.gateway);
            let asked = Wanted::of(&self.call, &self.head);
            if !gateway.find_fallback(&mut self.pursuit, &asked) {
                return None;
            }
        }
    }

    /// How long to wait until all that are left are asked once more; `None` when the call must be
    /// over by then.
    fn backoff(&mut self) -> Option<Duration> {
        let pursuit = &mut self.pursuit;
        let most = BACKOFF
            .saturating_mul(1 << pursuit.round.min(8))
            .min(LONGEST_BACKOFF);
        let wait = most.mul_f64(chance::share());
        let asked = pursuit.asked_to_wait.take().unwrap_or_default();
        let wait = wait.max(asked);
        if Instant::now() + wait >= pursuit.deadline {
            return None;
        }
        pursuit.round += 1;
        pursuit.at = 0;
        Some(wait)
    }

    /// Whose turn it is, if it may be asked.
    fn turn(&mut self, waited: Duration) -> Option<Turn> {
        loop {
            let candidate = Arc::clone(self.pursuit.steps.get(self.pursuit.at)?);
            let now = Instant::now();
            let Some(credential) = self.pursuit.credential(&candidate, now) else {
                if self.pursuit.limited {
                    self.pursuit.go_on();
                } else {
                    self.pursuit.leave_out();
                }
                continue;
            };
            if let Err(refusal) = self.compose_for(&candidate) {
                self.pursuit.skip(refusal);
                continue;
            }
            let health = candidate.health();
            let breaks = candidate.target.timeouts.breaker;
            let Some(running) = health.pass(credential, breaks, now) else {
                if let health::breaker::Verdict::Open(wait) = health.view(now).breaker {
                    self.pursuit.wait = least(self.pursuit.wait, Some(wait));
                }
                self.pursuit.leave_out();
                continue;
            };
            return Some(Turn {
                candidate,
                credential,
                health: running,
                waited,
            });
        }
    }

    /// Writes the request for a candidate, unless it is written.
    fn compose_for(&mut self, candidate: &Arc<Candidate>) -> Result<(), Refusal> {
        if Arc::ptr_eq(&self.candidate, candidate) && !self.composed.body.is_empty() {
            return Ok(());
        }
        let composer = Composer {
            recollection: &self.gateway.recollection,
            created: self.now.timestamp(),
            requested: &self.route.requested,
            strict: self.call.strict || self.route.strict,
        };
        self.composed = composer.compose(&self.call, &self.head, candidate)?;
        self.candidate = Arc::clone(candidate);
        Ok(())
    }

    /// Takes in what a failure means. Whether another attempt may follow.
    fn react(&mut self, failed: &Failed, credential: usize) -> bool {
        let now = Instant::now();
        let failure = &failed.failure;
        let reaction = react::to(failure.class);
        self.blame(reaction.blame, failure, now);
        self.permit.log_failure(
            failed.status.map(|status| status.as_u16()),
            failure.class,
            &failure.refusal,
        );
        if !self.repeatable || now >= self.pursuit.deadline {
            return false;
        }
        let pursuit = &mut self.pursuit;
        let fallbacks = &self.route.fallbacks;
        let patient = failure.wait.unwrap_or_default();
        let patient = Some(patient).filter(|wait| *wait <= PATIENCE);
        let others = match reaction.next {
            Next::Nothing => return false,
            Next::LongerWindow => Some(&fallbacks.context_window),
            Next::OtherPolicy => Some(&fallbacks.content_policy),
            Next::Credential => {
                pursuit.tried |= credentials::bit(credential);
                if reaction.blame == Blame::Limit && patient.is_some() {
                    pursuit.limited = true;
                    pursuit.asked_to_wait = least(pursuit.asked_to_wait, patient);
                }
                None
            }
            Next::Target => {
                pursuit.leave_out();
                None
            }
            Next::Again => {
                if patient.is_some() {
                    pursuit.asked_to_wait = least(pursuit.asked_to_wait, patient);
                    pursuit.go_on();
                } else {
                    pursuit.leave_out();
                }
                None
            }
        };
        if let Some(others) = others {
            if others.is_empty() {
                return false;
            }
            pursuit.steps.clear();
            pursuit.fallbacks = others.iter().cloned().collect();
        }
        let share = self.candidate.target.timeouts.retry_budget;
        let affordable = !reaction.load || self.candidate.health().take_attempt(share, now);
        if !affordable {
            counter!(names::RETRIES_DENIED).increment(1);
        }
        affordable
    }

    /// Says what a failure means for its target.
    fn blame(&mut self, blame: Blame, failure: &Failure, now: Instant) {
        let outcome = match blame {
            Blame::Nobody => Outcome::Answered(None),
            // Where nobody else could stand in, what the target says itself may be of this call
            // alone, and others had better be told the same than nothing.
            Blame::Target if self.pursuit.alone && !is_out_of_reach(failure.class) => return,
            Blame::Target => Outcome::Failed,
            Blame::Limit => Outcome::Limited(failure.wait.unwrap_or(USUAL)),
            Blame::Credential => Outcome::Refused,
            Blame::Permission => Outcome::Limited(FORBIDDEN),
            Blame::Settings => return,
        };
        let opens = self.permit.tell(outcome, now);
        let target = &self.candidate.target;
        if opens {
            self.gateway.show_targets();
            tracing::warn!(
                provider = &*target.provider_name,
                model = &*target.model,
                "the target keeps failing: it is left alone for a while"
            );
        }
        if matches!(blame, Blame::Credential | Blame::Permission) {
            self.gateway.show_targets();
            tracing::error!(
                provider = &*target.provider_name,
                "the provider does not take a credential: see manti provider test"
            );
        }
    }

    /// Settles a call that nobody answered.
    async fn give_up(&mut self, last: Option<Failed>) -> Refusal {
        let (refusal, used, status) = if let Some(failed) = last {
            self.permit.note(&failed);
            (failed.failure.refusal, failed.used, Status::Error)
        } else {
            let refusal = self.pursuit.nobody(&self.route.requested);
            (refusal, Used::Nothing, Status::Rejected)
        };
        let settled = self.permit.settle(Ending {
            status,
            http_status: self.permit.told_status(refusal.situation),
            error_code: refusal.told_code().map(Arc::from),
            used,
            model: None,
            flags: Vec::new(),
        });
        settled.written().await;
        refusal
    }
}
