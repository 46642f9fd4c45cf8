//! A call that is held: what it used, what that costs, and its one settlement.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::settler::Settler;
use crate::billing::price;
use crate::catalog::{Pricing, health};
use crate::dialects::usage::Reading;
use crate::dialects::{Dialect, estimate, services};
use crate::journal::{Hold, Journal, Written};
use crate::limits::Taken;
use crate::models::money::Money;
use crate::models::operation::Operation;
use crate::models::usage::{Attempt, Record, Source, Status, Tokens};
use crate::providers::Sent;
use crate::telemetry::metrics;

/// How many attempts a record tells: the last ones.
const MOST_ATTEMPTS: usize = 32;

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

/// A target that is being asked, or answers.
pub(super) struct Asking {
    pub(super) health: health::Running,
    pub(super) sent: Sent,
    pub(super) began: Instant,
    /// How long was waited before.
    pub(super) wait: Duration,
    /// Whether no other target could stand in.
    pub(super) alone: bool,
    /// From its beginning to its first content.
    pub(super) ttft: Option<Duration>,
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
    pub(super) fn note(
        &mut self,
        asking: &Asking,
        outcome: &str,
        status: Option<u16>,
        cost: Option<Money>,
    ) {
        if self.record.trace.len() >= MOST_ATTEMPTS {
            self.record.trace.remove(0);
        }
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

    /// What it used when its provider told nothing and delivered this text.
    pub(super) fn by_request(&self, delivered: String) -> Used {
        match self.operation {
            Operation::Speak => Used::Asked(services::characters(&self.body)),
            // How long a recording is, or how large an image, only the provider knows.
            Operation::Transcribe | Operation::Translate | Operation::EditImage => Used::Unknown,
            _ => Used::Counted(delivered),
        }
    }

    /// How many bytes of text must be counted, if any.
    pub(super) fn to_be_counted(&self, used: &Used) -> Option<usize> {
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
        let model = model.unwrap_or_else(|| Arc::clone(&record.model));
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
                    model: Some(&model),
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
            // Whose content came had answered, however it ended.
            let status = status.or(last.ttft.map(|_| 200));
            self.note(&last, &outcome, status, cost);
        }
        let record = &mut self.record;
        // The trace names the model that was asked, the record the one that says it answered.
        record.model = model;
        if let Some(taken) = self.taken.take() {
            if record.status == Status::Rejected {
                taken.undo();
            } else {
                taken.settle(reading.tokens.total());
            }
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

/// Whole milliseconds.
pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
