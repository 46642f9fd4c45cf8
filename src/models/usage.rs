//! What a call used: the tokens, and the record that is kept of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::money::{Money, UnitPrice};
use super::user::words;

/// Tokens and other units of one call in Manti's convention.
///
/// `input` counts everything read: `cached_input`, `cache_write_5m` and `cache_write_1h` are
/// parts of it. `reasoning` is a part of `output`. Audio and image counts in `units` are parts
/// of either.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// All input tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub input: u64,
    /// Input tokens read from the provider's prompt cache.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cached_input: u64,
    /// Input tokens written to the prompt cache for five minutes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_5m: u64,
    /// Input tokens written to the prompt cache for an hour.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cache_write_1h: u64,
    /// All output tokens.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output: u64,
    /// Output tokens spent on reasoning.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub reasoning: u64,
    /// Other units by their name: `audio_input_tokens`, `searches`, `seconds`, …
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub units: BTreeMap<String, u64>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl Tokens {
    /// Input and output together: what a limit on tokens counts.
    pub fn total(&self) -> u64 {
        self.input.saturating_add(self.output)
    }
}

/// Prices per million units by their name: `input`, `output`, `cached_input`, `cache_write_5m`,
/// `cache_write_1h`, and the names of [`Tokens::units`].
pub type Prices = BTreeMap<String, UnitPrice>;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Answered to its end.
    Ok,
    /// Failed.
    Error,
    /// The client left.
    Cancelled,
    /// The gateway died before the end was journalled.
    Interrupted,
    /// Never sent upstream; not charged.
    Rejected,
}

words!(Status {
    Ok = "ok",
    Error = "error",
    Cancelled = "cancelled",
    Interrupted = "interrupted",
    Rejected = "rejected",
});

/// Where the token counts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The provider's own figures.
    Provider,
    /// The provider's figures up to a break.
    Partial,
    /// Counted here.
    Estimated,
    /// Not known.
    Unknown,
}

words!(Source {
    Provider = "provider",
    Partial = "partial",
    Estimated = "estimated",
    Unknown = "unknown",
});

/// A place in one process's journal: all before it is recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Cursor {
    /// The number of the segment, from 1; 0 stands before all.
    pub segment: u64,
    /// Bytes from the segment's start.
    pub offset: u64,
}

/// One time that a provider was asked for a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Which provider.
    pub provider: Arc<str>,
    /// Which model, in the provider's words.
    pub model: Arc<str>,
    /// With which of its credentials, from 1.
    pub credential: u32,
    /// The status of its answer, if it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `ok`, or what went wrong: `rate_limited`, `timeout`, …
    pub outcome: Arc<str>,
    /// How long was waited before it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_ms: u64,
    /// How long it took.
    pub latency_ms: u64,
    /// From its beginning to its first content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u64>,
    /// What the provider charges for it; `None` when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
}

/// One call, as it is journalled, stored and reported.
///
/// A *hold* in the journal is this record as it would read if the gateway died at once
/// (`status` [`Status::Interrupted`]); a *settlement* is the record in full.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// `req_…`, also the answer's `x-request-id`.
    pub request_id: Arc<str>,
    /// When the call was admitted.
    #[serde(with = "super::clock::micros")]
    pub created_at: Timestamp,
    /// The caller's `usr_…`.
    pub user_id: Arc<str>,
    /// The `acc_…` that pays.
    pub account_id: Arc<str>,
    /// The `key_…` it came with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<Arc<str>>,
    /// The `team_…` it was made for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team_id: Option<Arc<str>>,
    /// The end user the client named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_user: Option<String>,
    /// At most ten, named by the client.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// `chat.completions`, `messages`, …
    pub endpoint: Arc<str>,
    /// The name the client asked for.
    pub requested_model: Arc<str>,
    /// The provider that was asked; empty when none was.
    pub provider: Arc<str>,
    /// The model that answered, in the provider's words.
    pub model: Arc<str>,
    /// How it ended.
    pub status: Status,
    /// The status the client was sent.
    pub http_status: u16,
    /// Whether a stream was asked for.
    pub stream: bool,
    /// How often a provider was asked.
    pub attempts: u32,
    /// Each time, where it was more than once or there was a choice of credentials.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trace: Vec<Attempt>,
    /// What was used.
    pub tokens: Tokens,
    /// What the provider charges; `None` when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<Money>,
    /// What the provider's answer says it costs; `None` when it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stated_cost: Option<Money>,
    /// What the user pays; `None` when unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// The unit prices that were applied.
    #[serde(default, skip_serializing_if = "Prices::is_empty")]
    pub prices: Prices,
    /// Where the unit prices come from: `book:2026-11-01`, `config`, `none`.
    pub price_source: Arc<str>,
    /// Where the token counts come from.
    pub usage_source: Source,
    /// Remarks: `usage_out_of_range`, `finish_missing`, …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// From the request's arrival to the end of the answer.
    pub latency_ms: u64,
    /// From the request's arrival to the first content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttft_ms: Option<u64>,
    /// The code of the error the client was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<Arc<str>>,
}

impl Record {
    /// Each time that a provider was asked.
    pub fn attempts(&self) -> Vec<Attempt> {
        if !self.trace.is_empty() || self.attempts == 0 {
            return self.trace.clone();
        }
        let outcome = self.error_code.clone();
        vec![Attempt {
            provider: Arc::clone(&self.provider),
            model: Arc::clone(&self.model),
            credential: 1,
            status: (self.status == Status::Ok).then_some(self.http_status),
            outcome: outcome.unwrap_or_else(|| self.status.as_str().into()),
            wait_ms: 0,
            latency_ms: self.latency_ms,
            ttft_ms: self.ttft_ms,
            cost: self.cost,
        }]
    }
}
