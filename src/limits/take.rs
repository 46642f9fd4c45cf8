//! Taking from all limits that hold for a call, at once or after the authority was asked.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

use metrics::counter;
use smallvec::SmallVec;

use super::bucket::Moment;
use super::holder::Slices;
use super::measure::{Exceeded, Measure, Standing, Standings};
use super::slice::{Footing, Verdict};
use super::taken::{Taken, Use};
use super::{Admission, Estimate, Limits, Parts};
use crate::telemetry::names;

/// The longest a call waits for an authority that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often a call looks whether it may go on by itself.
const LOOK: Duration = Duration::from_millis(250);

/// What a call is told that waited for nothing.
const SOON: Duration = Duration::from_secs(1);

/// The meters of a call, locked.
type Locked<'a> = SmallVec<[MutexGuard<'a, Slices>; 4]>;

/// How a call is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    /// By what is known.
    Once,
    /// What was refused is asked for once more where others hold some of it.
    Again,
    /// Nobody is waited for any more.
    Last,
}

/// What a try came to.
pub(super) enum Attempt {
    Taken(Admission),
    /// And for how long others may still give back what they hold of it.
    Refused(Exceeded, Option<Duration>),
    Short,
}

/// What the limits of a call say of it, together.
#[derive(Default)]
struct Judged {
    refused: Option<Refused>,
    /// Parts and measures of which the authority has to be asked for an amount.
    short: SmallVec<[(usize, Measure, u64); 4]>,
    /// Those that would refuse it and are only observed.
    observed: SmallVec<[(usize, Measure); 2]>,
    /// Whether the authority should be asked about one of those, for whom nobody waits.
    unheard: bool,
}

impl Limits {
    /// Has the authority asked until it is known whether the call passes.
    pub(super) async fn ask(
        &self,
        parts: &Parts,
        estimate: Estimate,
    ) -> Result<Admission, Exceeded> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            // A round that takes long is not waited for: meanwhile we may be on our own.
            let _ = tokio::time::timeout(LOOK, self.0.desk.ticket().wait()).await;
            match self.attempt(parts, estimate, Try::Once) {
                Attempt::Taken(admission) => {
                    counter!(names::LIMIT_TAKES, "way" => "authority").increment(1);
                    return Ok(admission);
                }
                Attempt::Refused(exceeded, None) => return Err(refused(exceeded, "authority")),
                Attempt::Refused(exceeded, Some(wait)) => {
                    return self.recall(exceeded, wait, parts, estimate).await;
                }
                Attempt::Short => {}
            }
        }
        match self.attempt(parts, estimate, Try::Last) {
            Attempt::Taken(admission) => Ok(admission),
            Attempt::Refused(exceeded, _) => Err(refused(exceeded, "authority")),
            Attempt::Short => Err(refused(nobody_answers(parts), "authority")),
        }
    }

    /// Has others asked to give back what they do not use, and asks once more.
    pub(super) async fn recall(
        &self,
        mut exceeded: Exceeded,
        wait: Duration,
        parts: &Parts,
        estimate: Estimate,
    ) -> Result<Admission, Exceeded> {
        // Where the authority refuses it asks them.
        for pause in [Duration::ZERO, wait] {
            tokio::time::sleep(pause).await;
            let mut tried = self.attempt(parts, estimate, Try::Again);
            if matches!(tried, Attempt::Short) {
                let _ = tokio::time::timeout(PATIENCE, self.0.desk.ticket().wait()).await;
                tried = self.attempt(parts, estimate, Try::Once);
            }
            match tried {
                Attempt::Taken(admission) => {
                    counter!(names::LIMIT_TAKES, "way" => "recall").increment(1);
                    return Ok(admission);
                }
                Attempt::Refused(again, _) => exceeded = again,
                Attempt::Short => {}
            }
        }
        Err(refused(exceeded, "recall"))
    }

    /// Tries to take everything.
    pub(super) fn attempt(&self, parts: &Parts, estimate: Estimate, how: Try) -> Attempt {
        let (_, footing) = self.0.footing();
        // All at once: nothing is taken that another limit refuses.
        let mut locked: Locked<'_> = parts.iter().map(|part| part.holder.lock()).collect();
        let judged = self.judge(parts, &mut locked, estimate, &footing, how);
        if let Some((exceeded, wait)) = judged.refused {
            return Attempt::Refused(exceeded, wait);
        }
        if !judged.short.is_empty() {
            for (index, measure, amount) in judged.short {
                locked[index].of(measure).want(amount);
            }
            drop(locked);
            self.0.enlist(parts);
            return Attempt::Short;
        }
        let (uses, standings) = self.take_all(parts, locked, estimate, footing.now);
        if judged.unheard {
            self.0.desk.ring();
        }
        let flag = |(index, measure): (usize, Measure)| {
            let holder = &parts[index].holder;
            self.0.observed.note(holder, measure);
            format!("would_limit:{}:{measure}", holder.scope.kind)
        };
        Attempt::Taken(Admission {
            taken: Some(Taken::new(self.clone(), uses)),
            standings,
            flags: judged.observed.into_iter().map(flag).collect(),
        })
    }

    fn judge(
        &self,
        parts: &Parts,
        locked: &mut Locked<'_>,
        estimate: Estimate,
        footing: &Footing,
        how: Try,
    ) -> Judged {
        let mut judged = Judged::default();
        for (index, (part, slices)) in parts.iter().zip(locked).enumerate() {
            for (measure, limit) in part.limits() {
                let slice = slices.of(measure);
                let amount = estimate.amount(measure, limit);
                let verdict = slice.verdict(footing, amount, limit);
                if part.caps.observe {
                    // What is only observed keeps nobody waiting: it goes by what was last heard.
                    judged.unheard |= verdict == Verdict::Short && slice.asks_soon();
                    if slice.would_refuse(verdict, footing, amount) {
                        judged.observed.push((index, measure));
                    }
                    continue;
                }
                match verdict {
                    Verdict::Fits => {}
                    Verdict::Refused(Some(_)) if how == Try::Again && slice.elsewhere() > 0 => {
                        judged.short.push((index, measure, amount));
                    }
                    Verdict::Short => judged.short.push((index, measure, amount)),
                    Verdict::Refused(wait) => {
                        let exceeded = part.exceeded(measure, limit, wait);
                        let recall = match wait {
                            Some(_) if how == Try::Once => {
                                slice.recall_wait(footing.now, self.0.wait)
                            }
                            _ => None,
                        };
                        judged.refused = Some(longer(judged.refused, (exceeded, recall)));
                    }
                }
            }
        }
        judged
    }

    fn take_all(
        &self,
        parts: &Parts,
        mut locked: Locked<'_>,
        estimate: Estimate,
        now: Moment,
    ) -> (Vec<Use>, Standings) {
        let mut uses = Vec::with_capacity(2 * parts.len());
        let mut standings: SmallVec<[(Measure, Standing); 8]> = SmallVec::new();
        let mut low = false;
        for (part, slices) in parts.iter().zip(&mut locked) {
            for (measure, limit) in part.limits() {
                let slice = slices.of(measure);
                let amount = estimate.amount(measure, limit);
                let mark = slice.take(now, amount);
                low |= slice.runs_low();
                if !part.caps.observe {
                    standings.push((measure, slice.standing(now, limit)));
                }
                uses.push(Use {
                    holder: Arc::clone(&part.holder),
                    measure,
                    amount,
                    mark,
                });
            }
        }
        drop(locked);
        self.0.enlist(parts);
        if low {
            self.0.desk.ring();
        }
        (uses, Standings::tightest(standings))
    }
}

/// Counts a refusal.
pub(super) fn refused(exceeded: Exceeded, way: &'static str) -> Exceeded {
    let (scope, measure) = (exceeded.scope.kind.as_str(), exceeded.measure.as_str());
    counter!(names::LIMIT_REFUSALS, "scope" => scope, "measure" => measure).increment(1);
    counter!(names::LIMIT_TAKES, "way" => way).increment(1);
    exceeded
}

/// A limit that refuses, and for how long others may still give back what they hold of it.
type Refused = (Exceeded, Option<Duration>);

/// The one of two refusals that lasts longer.
fn longer(one: Option<Refused>, other: Refused) -> Refused {
    let wait = |refused: &Refused| refused.0.retry_after.unwrap_or(Duration::MAX);
    match one {
        Some(one) if wait(&one) >= wait(&other) => one,
        _ => other,
    }
}

fn nobody_answers(parts: &Parts) -> Exceeded {
    let part = parts.iter().find(|part| !part.caps.observe);
    let part = part.unwrap_or(&parts[0]);
    let (measure, limit) = part.limits().next().unwrap_or((Measure::Rpm, 0));
    part.exceeded(measure, limit, Some(SOON))
}
