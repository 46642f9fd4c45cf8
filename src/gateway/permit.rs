//! What a running call has taken, and how it is settled: once, however it ends.
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

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::attempt::Failed;
use super::settler::{Later, Settler};
use crate::billing::price;
use crate::catalog::health::{self, Outcome};
use crate::catalog::{Candidate, Pricing};
use crate::dialects::usage::Reading;
use crate::dialects::{Dialect, estimate, services};
use crate::journal::{Hold, Journal, Written};
use crate::limits::Taken;
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::refusal::{Refusal, Situation};
use crate::models::usage::{Attempt, Record, Source, Status, Tokens};
use crate::providers::{Class, Sent};
use crate::telemetry::metrics;

/// How a call ended.
#[derive(Debug)]
pub(super) struct Ending {
    pub(super) status: Status,
    pub(super) http_status: u16,
    pub(super) error_code: Option<Arc<str>>,
    pub(super) used: Used,
    pub(super) model: Option<Arc<str>>,
    pub(super) flags: Vec<&'static str>,
}

/// What is known of what a call used.
#[derive(Debug)]
pub(super) enum Used {
    /// The provider's figures to the end.
    Whole(Reading),
    /// The provider's figures up to a break, and the text that was delivered.
    Partial(Reading, String),
    /// No figures: the prompt and this text are counted.
    Counted(String),
    /// No figures, and none are needed: the request itself tells what is billed.
    Asked(Reading),
    /// The provider was not reached or refused: nothing is charged.
    Nothing,
    /// The provider may charge for it, but nobody can know what.
    Unknown,
}

/// The right to make a call; settles it as cancelled when dropped.
pub(super) struct Permit {
    running: Option<Box<Running>>,
    /// The target that is being asked, or answers.
    asking: Option<Asking>,
    /// How often a provider was asked.
    attempts: u32,
    signs: Signs,
}

/// A target that is being asked, or answers.
pub(super) struct Asking {
    health: health::Running,
    sent: Sent,
    began: Instant,
    /// How long was waited before.
    wait: Duration,
    /// Whether no other target could stand in.
    alone: bool,
    /// From its beginning to its first content.
    ttft: Option<Duration>,
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

/// A call that is held and not settled.
pub(super) struct Running {
    pub(super) journal: Journal,
    pub(super) settler: Settler,
    pub(super) record: Record,
    pub(super) received: Instant,
    pub(super) hold: Option<Hold>,
    pub(super) taken: Option<Taken>,
    pub(super) pricing: Pricing,
    /// What is asked for.
    pub(super) operation: Operation,
    /// The client's dialect and body, in case the prompt must be counted.
    pub(super) dialect: Dialect,
    pub(super) body: Bytes,
    /// The prompt's tokens by its length, in case it is too long to be counted.
    pub(super) rough_input: u64,
    /// The attempt by which the call ends.
    pub(super) last: Option<Asking>,
    /// Keeps the shutdown waiting.
    pub(super) token: TaskTrackerToken,
}

/// What a settlement says of a call.
#[derive(Debug, Clone, Default)]
pub(super) struct Bill {
    /// What the user pays.
    pub(super) price: Option<Money>,
    /// The tokens, where it was not the provider that told them all.
    pub(super) counted: Option<Tokens>,
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

    /// The target that was asked failed, and another attempt follows.
    pub(super) fn note(&mut self, failed: &Failed) {
        let Some(asking) = self.asking.take() else {
            return;
        };
        if let Some(running) = &mut self.running {
            let class = failed.failure.class.as_str();
            metrics::attempt_failed(&running.record.provider, class);
            let cost = matches!(failed.used, Used::Nothing).then_some(Money::ZERO);
            let status = failed.status.map(|status| status.as_u16());
            running.note(&asking, class, status, cost);
        }
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

impl Ending {
    /// The client left.
    pub(super) fn cancelled(used: Used, model: Option<Arc<str>>) -> Self {
        Self {
            status: Status::Cancelled,
            http_status: 499,
            error_code: None,
            used,
            model,
            flags: Vec::new(),
        }
    }
}

impl Running {
    /// Puts an attempt into the trace.
    fn note(&mut self, asking: &Asking, outcome: &str, status: Option<u16>, cost: Option<Money>) {
        self.record.trace.push(Attempt {
            provider: Arc::clone(&self.record.provider),
            model: Arc::clone(&self.record.model),
            credential: u32::try_from(asking.health.credential() + 1).unwrap_or(u32::MAX),
            status,
            outcome: outcome.into(),
            wait_ms: millis(asking.wait),
            latency_ms: millis(asking.began.elapsed()),
            ttft_ms: asking.ttft.map(millis),
            cost,
        });
    }

    /// See [`Permit::by_request`].
    fn by_request(&self, delivered: String) -> Used {
        match self.operation {
            Operation::Speak => Used::Asked(services::characters(&self.body)),
            // How long a recording is, or how large an image, only the provider knows.
            Operation::Transcribe | Operation::Translate | Operation::EditImage => Used::Unknown,
            _ => Used::Counted(delivered),
        }
    }

    /// How many bytes of text must be counted, if any.
    fn to_be_counted(&self, used: &Used) -> Option<usize> {
        match used {
            Used::Partial(reading, delivered) if reading.tokens.input > 0 => Some(delivered.len()),
            Used::Partial(_, delivered) | Used::Counted(delivered) => {
                Some(self.body.len() + delivered.len())
            }
            Used::Whole(_) | Used::Asked(_) | Used::Nothing | Used::Unknown => None,
        }
    }

    /// Counts what the provider did not tell. Slow unless roughly: not for an async thread.
    fn count(&self, used: Used, how: Counted) -> (Reading, Source) {
        let tokens = |text: &str| match how {
            Counted::Exactly => estimate::tokens(text, &self.record.model),
            Counted::Roughly => (text.len() as u64).div_ceil(4),
        };
        match used {
            Used::Partial(mut reading, delivered) => {
                let nothing = reading.tokens.total() == 0;
                let counted = tokens(&delivered);
                reading.tokens.output = reading.tokens.output.max(counted);
                if reading.tokens.input == 0 {
                    reading.tokens.input = self.count_prompt(how);
                }
                // Figures that could not be used are as good as none.
                let source = if nothing {
                    Source::Estimated
                } else {
                    Source::Partial
                };
                (reading, source)
            }
            Used::Counted(delivered) => {
                let mut reading = Reading::default();
                reading.tokens.input = self.count_prompt(how);
                reading.tokens.output = tokens(&delivered);
                (reading, Source::Estimated)
            }
            Used::Whole(reading) => (reading, Source::Provider),
            Used::Asked(reading) => (reading, Source::Estimated),
            Used::Nothing | Used::Unknown => (Reading::default(), Source::Unknown),
        }
    }

    fn count_prompt(&self, how: Counted) -> u64 {
        match how {
            Counted::Exactly => {
                estimate::prompt_tokens(self.dialect, &self.body, &self.record.model)
            }
            Counted::Roughly => self.rough_input,
        }
    }

    /// Prices the call, gives back what it did not use, and journals it.
    ///
    /// Slow when tokens must be counted exactly: then not for an async thread.
    pub(super) fn settle(mut self: Box<Self>, ending: Ending, how: Counted) -> (Written, Bill) {
        let Ending {
            status,
            http_status,
            error_code,
            used,
            model,
            flags,
        } = ending;
        let charge = match used {
            Used::Nothing => Charge::Nothing,
            Used::Unknown => Charge::Unknown,
            Used::Whole(_) | Used::Partial(..) | Used::Counted(_) | Used::Asked(_) => Charge::Used,
        };
        let (reading, source) = self.count(used, how);
        let record = &mut self.record;
        record.status = status;
        record.http_status = http_status;
        record.error_code = error_code;
        record.usage_source = source;
        let now = Instant::now();
        record.latency_ms = millis(now.saturating_duration_since(self.received));
        record.flags.extend(
            flags
                .into_iter()
                .chain(reading.flags.iter().copied())
                .map(Into::into),
        );
        if let Some(model) = model {
            record.model = model;
        }
        record.stated_cost = reading.stated_cost.filter(|cost| *cost >= Money::ZERO);
        match charge {
            Charge::Nothing => {
                record.cost = Some(Money::ZERO);
                record.price = Some(Money::ZERO);
            }
            Charge::Unknown => {
                record.cost = None;
                record.price = Some(Money::ZERO);
            }
            Charge::Used => {
                let priced = self.pricing.charge(&price::Used {
                    model: Some(&record.model),
                    tier: reading.service_tier.as_deref(),
                    tokens: &reading.tokens,
                    // What is stated of half an answer is not what it costs.
                    stated_cost: reading.stated_cost.filter(|_| source == Source::Provider),
                });
                record.cost = priced.cost;
                record.price = priced.price;
                record.prices = priced.prices;
                record.price_source = priced.source;
                record.flags.extend(priced.flags);
            }
        }
        if let Some(last) = self.last.take()
            && (!self.record.trace.is_empty() || last.health.has_choice())
        {
            let cost = self.record.cost;
            let outcome = self.record.error_code.clone();
            let outcome = outcome.unwrap_or_else(|| self.record.status.as_str().into());
            let answered = self.record.status == Status::Ok;
            let status = answered.then_some(self.record.http_status);
            self.note(&last, &outcome, status, cost);
        }
        let record = &mut self.record;
        if let Some(taken) = self.taken.take() {
            taken.settle(reading.tokens.total());
        }
        record.tokens = reading.tokens;
        metrics::call(record);
        let counted = matches!(source, Source::Estimated | Source::Partial);
        let bill = Bill {
            price: record.price,
            counted: counted.then(|| record.tokens.clone()),
        };
        let written = match self.hold.take() {
            Some(hold) => self.journal.settle(hold, self.record),
            None => Written::default(),
        };
        drop(self.token);
        (written, bill)
    }
}

/// How tokens are counted that nobody told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// As the model would.
    Exactly,
    /// By the length of the text.
    Roughly,
}

enum Charge {
    Used,
    Nothing,
    Unknown,
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
