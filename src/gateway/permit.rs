//! The right to make a call: what is told of its attempts, and that it is settled once, however it
//! ends.
//!
//! A [`Permit`] is dropped when the client leaves before anything else settled it; that is a
//! settlement too. Dropping never waits: where tokens must be counted first, the rest is sent to
//! [`super::settler`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::attempt::Failed;
use super::settlement::{Asking, Bill, Counted, Ending, Running, Used, millis};
use super::settler::Later;
use crate::catalog::Candidate;
use crate::catalog::health::{self, Outcome};
use crate::journal::Written;
use crate::limits::{Admission, Taken};
use crate::models::money::Money;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::Status;
use crate::providers::{Class, Sent};
use crate::telemetry::metrics;

/// The right to make a call; settles it as cancelled when dropped.
pub(super) struct Permit {
    running: Option<Box<Running>>,
    /// The target that is being asked, or answers.
    asking: Option<Asking>,
    /// How often a provider was asked.
    attempts: u32,
    signs: Signs,
}

/// What is noted of a call by those who do not have its permit. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Signs(Arc<Told>);

/// What the client has been told, or not.
#[derive(Debug, Default)]
struct Told {
    /// Its stream has begun: it has its status.
    begun: AtomicBool,
    /// It is not there any more.
    left: AtomicBool,
}

impl Signs {
    /// The client's stream begins, before anything is known of the answer.
    pub(super) fn begin(&self) {
        self.0.begun.store(true, Ordering::Relaxed);
    }

    /// The client has left, and the call goes on.
    pub(super) fn leave(&self) {
        self.0.left.store(true, Ordering::Relaxed);
    }

    /// Whether the client has left.
    pub(super) fn has_left(&self) -> bool {
        self.0.left.load(Ordering::Relaxed)
    }
}

/// Ready when a settlement is journalled; yields what it says.
pub(super) enum Settled {
    /// The frame is written.
    Now(Written, Bill),
    /// Tokens are being counted first.
    Soon(oneshot::Receiver<(Written, Bill)>),
}

impl Permit {
    pub(super) fn new(running: Running) -> Self {
        Self {
            running: Some(Box::new(running)),
            asking: None,
            attempts: 0,
            signs: Signs::default(),
        }
    }

    /// What the call has taken of its limits.
    pub(super) fn taken(&self) -> Option<&Taken> {
        self.running.as_ref()?.taken.as_ref()
    }

    /// The call passes other limits too.
    pub(super) fn take_besides(&mut self, admission: Admission) {
        let Some(running) = &mut self.running else {
            return;
        };
        running.record.flags.extend(admission.flags);
        match (&mut running.taken, admission.taken) {
            (Some(taken), Some(besides)) => taken.join(besides),
            (taken, besides) => *taken = taken.take().or(besides),
        }
    }

    /// How often a provider was asked.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// A candidate is asked, after a while; to be told when it may have the request.
    pub(super) fn ask(
        &mut self,
        candidate: &Candidate,
        health: health::Running,
        (wait, alone): (Duration, bool),
    ) -> Sent {
        let target = &candidate.target;
        self.attempts += 1;
        if let Some(running) = &mut self.running {
            running.record.attempts = self.attempts;
            running.record.provider = Arc::clone(&target.provider_name);
            running.record.model = Arc::clone(&target.model);
            running.pricing = candidate.pricing.clone();
        }
        let sent = Sent::default();
        self.asking = Some(Asking {
            health,
            sent: sent.clone(),
            began: Instant::now(),
            wait,
            alone,
            ttft: None,
        });
        sent
    }

    /// Says what came of asking. Whether the target's breaker opens by this.
    pub(super) fn tell(&mut self, outcome: Outcome, at: Instant) -> bool {
        let asking = self.asking.as_mut();
        asking.is_some_and(|asking| asking.health.tell(outcome, at))
    }

    /// The target broke off what it had begun: that of one that no other can stand in for may be
    /// this call's own, and is not held against it.
    pub(super) fn broke_off(&mut self, at: Instant) {
        if let Some(asking) = self.asking.as_mut().filter(|asking| !asking.alone) {
            asking.health.tell(Outcome::Failed, at);
        }
    }

    /// The target that was asked failed, and another attempt follows. Gives what may still be told
    /// of it.
    pub(super) fn note(&mut self, failed: &Failed) -> Option<health::Running> {
        let asking = self.asking.take()?;
        if let Some(running) = &mut self.running {
            let class = failed.failure.class.as_str();
            metrics::attempt_failed(&running.record.provider, class);
            let cost = matches!(failed.used, Used::Nothing).then_some(Money::ZERO);
            let status = failed.status.map(|status| status.as_u16());
            running.note(&asking, class, status, cost);
        }
        Some(asking.health)
    }

    /// Whether a provider may have the request.
    pub(super) fn sent(&self) -> bool {
        let asking = self.asking.as_ref();
        asking.is_some_and(|asking| asking.sent.has_begun())
    }

    /// What others may note of the call while it runs.
    pub(super) fn signs(&self) -> Signs {
        self.signs.clone()
    }

    /// What a call used whose provider told nothing and delivered this text.
    pub(super) fn by_request(&self, delivered: String) -> Used {
        match &self.running {
            Some(running) => running.by_request(delivered),
            None => Used::Nothing,
        }
    }

    /// The first content is here.
    pub(super) fn first_content(&mut self, at: Instant) {
        let Some(running) = &mut self.running else {
            return;
        };
        if running.record.ttft_ms.is_some() {
            return;
        }
        let wait = at.saturating_duration_since(running.received);
        running.record.ttft_ms = Some(millis(wait));
        if let Some(asking) = &mut self.asking {
            let took = at.saturating_duration_since(asking.began);
            asking.ttft = Some(took);
            asking.health.tell(Outcome::Answered(Some(took)), at);
        }
    }

    /// Says in the log that the provider failed, and nothing of what it said: that may repeat the
    /// prompt. What the request is at fault for is its sender's business.
    pub(super) fn log_failure(&self, status: Option<u16>, class: Class, refusal: &Refusal) {
        let Some(running) = &self.running else { return };
        let record = &running.record;
        if class.is_of_request() {
            tracing::debug!(
                request.id = &*record.request_id,
                provider = &*record.provider,
                http.response.status_code = status,
                "the provider refused the request"
            );
            return;
        }
        tracing::warn!(
            request.id = &*record.request_id,
            provider = &*record.provider,
            http.response.status_code = status,
            error.class = class.as_str(),
            provider.request.id = refusal.provider_request_id,
            "the provider failed"
        );
    }

    /// The status that the client is told in a situation.
    pub(super) fn told_status(&self, situation: Situation) -> u16 {
        if self.signs.0.begun.load(Ordering::Relaxed) {
            return 200;
        }
        match &self.running {
            Some(running) => running.dialect.wire().status(situation),
            None => situation.words().status,
        }
    }

    /// Settles the call; later settlements and the drop do nothing.
    pub(super) fn settle(&mut self, mut ending: Ending) -> Settled {
        let Some(mut running) = self.running.take() else {
            return Settled::Now(Written::default(), Bill::default());
        };
        running.last = self.asking.take();
        if self.signs.has_left() {
            ending.status = Status::Cancelled;
        }
        // Until all is counted it has its parallel slot: counting is work too.
        let length = running.to_be_counted(&ending.used);
        let ticket = length.and_then(|length| running.settler.ticket(length));
        let Some(ticket) = ticket else {
            let (written, bill) = running.settle(ending, Counted::Roughly);
            return Settled::Now(written, bill);
        };
        let (done, receiver) = oneshot::channel();
        let settler = running.settler.clone();
        settler.send(Later::Count {
            running,
            ending: Box::new(ending),
            ticket,
            done,
        });
        Settled::Soon(receiver)
    }
}

impl Settled {
    /// Ready when the settlement is journalled, once, with what it says.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Bill> {
        loop {
            match self {
                Self::Now(written, bill) => {
                    // What a disk does not keep is known to the log; the answer was given.
                    let _safe = ready!(Pin::new(written).poll(cx));
                    return Poll::Ready(std::mem::take(bill));
                }
                Self::Soon(receiver) => match ready!(Pin::new(receiver).poll(cx)) {
                    Ok((written, bill)) => *self = Self::Now(written, bill),
                    Err(_) => return Poll::Ready(Bill::default()),
                },
            }
        }
    }

    /// Waits until the settlement is journalled.
    pub(super) async fn written(mut self) -> Bill {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        if self.running.is_some() {
            let used = if self.sent() {
                self.by_request(String::new())
            } else {
                Used::Nothing
            };
            drop(self.settle(Ending::cancelled(used, None)));
        }
    }
}
