//! One target after the other, until one answers: the attempts of a call.
//!
//! Who is asked in which order is [`super::plan`]'s, what a failure means [`super::react`]'s, what
//! is left to be tried [`super::pursuit`]'s; here it is done. Everything ends before the client is
//! told anything of an answer: after that there is no other attempt.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::counter;

use super::attempt::{Asked, Failed};
use super::candidates::Wanted;
use super::compose::Composer;
use super::pursuit::least;
use super::react::{self, Blame, Next};
use super::run::{Got, Run};
use super::settlement::{Ending, Used};
use super::{Gateway, admit, aside};
use crate::catalog::health::breaker::Verdict;
use crate::catalog::health::latency::Form;
use crate::catalog::health::{self, Outcome};
use crate::catalog::{Candidate, Route};
use crate::limits::Taking;
use crate::models::refusal::Refusal;
use crate::models::usage::Status;
use crate::providers::{Class, Target};
use crate::telemetry::names;

/// A provider that asks for a longer wait is not waited for: its client may know better.
const PATIENCE: Duration = Duration::from_secs(3);

/// How long a target is left out whose model is not there.
const MISSING: Duration = Duration::from_mins(1);

/// How long a provider is spared that does not say for how long.
const USUAL: Duration = Duration::from_secs(1);

/// A target that failed when it may be well.
pub(super) struct Doubt {
    candidate: Arc<Candidate>,
    health: health::Running,
    at: Instant,
}

/// A candidate that may be asked now.
struct Turn {
    candidate: Arc<Candidate>,
    credential: usize,
    health: health::Running,
    /// How long was waited for it.
    waited: Duration,
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
            self.pursuit.count();
            let asked = Asked {
                target: &candidate.target,
                credential,
                stream: self.stream,
                deadline: self.pursuit.deadline,
            };
            let failed = match self.take(asked, &sent, media).await {
                Ok(got) => {
                    self.confirm();
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
            let health = self.permit.note(&failed);
            if let Some(health) = health.filter(|_| self.is_doubtful(&failed)) {
                let at = Instant::now();
                self.doubts.push(Doubt {
                    candidate,
                    health,
                    at,
                });
            }
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
            if self.pursuit.may_go_on() {
                if let Some(turn) = self.turn(waited) {
                    return Some(turn);
                }
                if let Some(wait) = self.pursuit.backoff(Instant::now()) {
                    tokio::time::sleep(wait).await;
                    waited += wait;
                    continue;
                }
            }
            if !self.fall_back().await {
                return None;
            }
        }
    }

    /// Goes over to the next model whose limits the call passes and that somebody serves.
    async fn fall_back(&mut self) -> bool {
        while let Some(route) = self.pursuit.next_model(&self.gateway.catalog) {
            let wanted = Wanted::of(&self.call, &self.head);
            let plan = self.gateway.plan(&route, &wanted);
            self.pursuit.take_up(&route, &plan);
            if self.pursuit.first().is_some() && self.may_use(&route).await {
                return true;
            }
        }
        false
    }

    /// Takes what the limits of another model ask of the call.
    async fn may_use(&mut self, route: &Route) -> bool {
        let besides = self.permit.taken();
        let taking = self.gateway.take(&self.call, &self.head, route, besides);
        let taken = match taking {
            Taking::Ready(taken) => taken,
            Taking::Later(taken) => taken.await,
        };
        match taken {
            Ok(admission) => {
                self.permit.take_besides(admission);
                true
            }
            Err(exceeded) => {
                let refusal = admit::refuse(&exceeded, &self.call.principal);
                self.pursuit.wait = least(self.pursuit.wait, exceeded.retry_after);
                self.pursuit.unable.get_or_insert(refusal);
                false
            }
        }
    }

    /// Whose turn it is, if it may be asked.
    fn turn(&mut self, waited: Duration) -> Option<Turn> {
        loop {
            let now = Instant::now();
            let candidate = Arc::clone(self.pursuit.due(now)?);
            let Some(credential) = self.pursuit.credential(&candidate, now) else {
                self.pursuit.put_off();
                continue;
            };
            if let Err(refusal) = self.compose_for(&candidate) {
                self.pursuit.skip(refusal);
                continue;
            }
            let health = candidate.health();
            let breaks = candidate.target.timeouts.breaker;
            let form = Form::of(self.stream);
            let Some(running) = health.pass(credential, form, breaks, now) else {
                let verdict = health.view(form, now).breaker;
                if let Verdict::Open(wait) | Verdict::Probing(wait) = verdict {
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
        let compose = || composer.compose(&self.call, &self.head, candidate);
        self.composed = aside(self.call.body.len(), compose)?;
        self.candidate = Arc::clone(candidate);
        Ok(())
    }

    /// Takes in what a failure means. Whether another attempt may follow.
    fn react(&mut self, failed: &Failed, credential: usize) -> bool {
        let now = Instant::now();
        let failure = &failed.failure;
        let reaction = react::to(failure.class);
        self.blame(reaction.blame, failed, now);
        self.permit.log_failure(
            failed.status.map(|status| status.as_u16()),
            failure.class,
            &failure.refusal,
        );
        if now >= self.pursuit.deadline {
            return false;
        }
        let pursuit = &mut self.pursuit;
        let wait = failure.wait.unwrap_or_default();
        let due = (wait <= PATIENCE).then(|| now + wait);
        let mut load = reaction.load;
        match reaction.next {
            Next::Nothing => return false,
            Next::LongerWindow | Next::OtherPolicy => {
                if !pursuit.take_up_others(reaction.next) {
                    return false;
                }
            }
            Next::Credential => {
                let due = due.filter(|_| reaction.blame == Blame::Limit);
                let another = pursuit.spare(&self.candidate, credential, due, now);
                load &= !another;
                if !load {
                    pursuit.discount();
                }
            }
            Next::Target => pursuit.leave_out(),
            Next::Again => pursuit.again(due),
        }
        let share = self.candidate.target.timeouts.retry_budget;
        let affordable = !load || self.candidate.health().take_attempt(share, now);
        if !affordable {
            counter!(names::RETRIES_DENIED).increment(1);
        }
        affordable
    }

    /// Says what a failure means for its target.
    fn blame(&mut self, blame: Blame, failed: &Failed, now: Instant) {
        let failure = &failed.failure;
        let outcome = match blame {
            Blame::Nobody => Outcome::Answered(None),
            Blame::Target if self.is_doubtful(failed) => return,
            Blame::Target => Outcome::Failed,
            Blame::Limit => Outcome::Limited(failure.wait.unwrap_or(USUAL)),
            Blame::Credential => Outcome::Refused,
            // Whoever asks for what is nowhere is told so each time.
            Blame::Model if self.pursuit.alone => Outcome::Answered(None),
            Blame::Model => Outcome::Limited(MISSING),
            Blame::Permission => Outcome::Forbidden,
            Blame::Settings => return,
        };
        if self.permit.tell(outcome, now) {
            self.gateway.left_alone(&self.candidate.target);
        }
        if matches!(blame, Blame::Credential | Blame::Permission) {
            self.gateway.show_targets();
            tracing::error!(
                provider = &*self.candidate.target.provider_name,
                "the provider does not take a credential: see manti provider test"
            );
        }
    }

    /// Whether a target that failed may be well, and the call be the cause: where nobody else could
    /// stand in, unless it could not even be asked; else until another answers the call, unless it
    /// said itself that it cannot go on.
    fn is_doubtful(&self, failed: &Failed) -> bool {
        let class = failed.failure.class;
        let status = failed.status.map_or(0, |status| status.as_u16());
        match class {
            Class::Connect | Class::NoCredential => false,
            Class::Overloaded => self.pursuit.alone,
            Class::Broken if matches!(status, 502 | 504) => self.pursuit.alone,
            _ => react::to(class).blame == Blame::Target,
        }
    }

    /// Somebody answered: those that failed before were at fault, and not the call.
    fn confirm(&mut self) {
        for mut doubt in self.doubts.drain(..) {
            if doubt.health.tell(Outcome::Failed, doubt.at) {
                self.gateway.left_alone(&doubt.candidate.target);
            }
        }
    }

    /// Settles a call that nobody answered.
    async fn give_up(&mut self, last: Option<Failed>) -> Refusal {
        let (refusal, used, status) = if let Some(failed) = last {
            drop(self.permit.note(&failed));
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

impl Gateway {
    /// A target's breaker has opened.
    fn left_alone(&self, target: &Target) {
        self.show_targets();
        tracing::warn!(
            provider = &*target.provider_name,
            model = &*target.model,
            "the target keeps failing: it is left alone for a while"
        );
    }
}
