//! Usage records and their sums.
//!
//! `record` writes each call exactly once and adds it to the sums of its quarter of an hour;
//! `list` reads records, `report` reads sums.

mod bulk;
mod list;
mod record;
mod report;
mod sums;
mod team_sums;

use chrono::DurationRound as _;

use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::models::usage::Record;

/// A record as kept, with the user's address and the team's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// The user's address.
    pub user: String,
    /// The team's name.
    pub team: Option<String>,
}

/// Which records are meant; `None` means any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// A user's id or address.
    pub user: Option<String>,
    /// A key's id.
    pub key: Option<String>,
    /// A team's id or name.
    pub team: Option<String>,
    /// A model, as asked for or as answered.
    pub model: Option<String>,
    /// One request's id; reports take no notice of it.
    pub request: Option<String>,
}

/// What a report groups by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// The user's address.
    User,
    /// The key's id.
    Key,
    /// The model that answered.
    Model,
    /// The provider.
    Provider,
    /// The team's name.
    Team,
    /// The UTC day, `2026-11-21`.
    Day,
    /// The UTC hour, `2026-11-21T10:00:00Z`.
    Hour,
    /// The endpoint.
    Endpoint,
    /// The end user the client named.
    EndUser,
    /// The value of a tag.
    Tag(String),
}

impl std::str::FromStr for By {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        Ok(match word {
            "user" => Self::User,
            "key" => Self::Key,
            "model" => Self::Model,
            "provider" => Self::Provider,
            "team" => Self::Team,
            "day" => Self::Day,
            "hour" => Self::Hour,
            "endpoint" => Self::Endpoint,
            "end_user" => Self::EndUser,
            _ => match word.strip_prefix("tag:") {
                Some(name) if !name.is_empty() => Self::Tag(name.to_owned()),
                _ => {
                    return Err(format!(
                        "\"{word}\" is not one of user key model provider team day hour \
                         endpoint end_user tag:NAME"
                    ));
                }
            },
        })
    }
}

/// Sums over records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sums {
    /// All calls.
    pub requests: u64,
    /// Calls that were not answered: failed, interrupted or rejected.
    pub errors: u64,
    /// Calls whose price is not known.
    pub unpriced: u64,
    /// All input tokens.
    pub input_tokens: u64,
    /// Input tokens read from the provider's cache.
    pub cached_input_tokens: u64,
    /// All output tokens.
    pub output_tokens: u64,
    /// What providers charge, as far as it is known.
    pub cost: Money,
    /// What users pay, as far as it is known.
    pub price: Money,
}

impl Sums {
    /// Adds another's sums to these.
    pub fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        self.errors = self.errors.saturating_add(other.errors);
        self.unpriced = self.unpriced.saturating_add(other.unpriced);
        self.input_tokens = self.input_tokens.saturating_add(other.input_tokens);
        self.cached_input_tokens = self
            .cached_input_tokens
            .saturating_add(other.cached_input_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
        self.cost = plus(self.cost, other.cost);
        self.price = plus(self.price, other.price);
    }
}

/// The smaller part of sums taken off the whole.
fn rest(whole: &Sums, part: &Sums) -> Sums {
    Sums {
        requests: whole.requests.saturating_sub(part.requests),
        errors: whole.errors.saturating_sub(part.errors),
        unpriced: whole.unpriced.saturating_sub(part.unpriced),
        input_tokens: whole.input_tokens.saturating_sub(part.input_tokens),
        cached_input_tokens: whole
            .cached_input_tokens
            .saturating_sub(part.cached_input_tokens),
        output_tokens: whole.output_tokens.saturating_sub(part.output_tokens),
        cost: Money::from_nanos(whole.cost.nanos().saturating_sub(part.cost.nanos())),
        price: Money::from_nanos(whole.price.nanos().saturating_sub(part.price.nanos())),
    }
}

fn plus(one: Money, other: Money) -> Money {
    Money::from_nanos(one.nanos().saturating_add(other.nanos()))
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the line is about, by the grouping; empty where a record has none.
    pub group: String,
    /// Its sums.
    pub sums: Sums,
}

/// A report: times in their order, anything else by price and requests, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The lines.
    pub data: Vec<Row>,
    /// The sums over all records, also over those of lines left out.
    pub total: Sums,
    /// Whether there were more lines than are given.
    pub truncated: bool,
}

/// The length of a bucket of sums.
fn quarter() -> chrono::TimeDelta {
    chrono::TimeDelta::minutes(15)
}

/// The bucket of a moment.
fn bucket(at: Timestamp) -> Timestamp {
    // Fails only far outside of what a clock can show.
    at.duration_trunc(quarter()).unwrap_or(at)
}

/// The end of the years that sort as text.
fn latest() -> Timestamp {
    const LATEST: i64 = 253_402_300_799;
    Timestamp::from_timestamp(LATEST, 0).unwrap_or(Timestamp::MAX_UTC)
}

/// The range of a filter within the years that sort as text.
fn bounds(filter: &Filter) -> (Timestamp, Timestamp) {
    let within = |at: Timestamp| at.clamp(Timestamp::UNIX_EPOCH, latest());
    (
        filter.from.map_or(Timestamp::UNIX_EPOCH, within),
        filter.to.map_or(latest(), within),
    )
}
