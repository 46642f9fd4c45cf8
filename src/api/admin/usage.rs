//! Usage records and reports: admins see all, team-admins their team's, members their own.

use poem_openapi::param::{Path, Query};
use poem_openapi::types::ToJSON;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::api::extract::{Cursor, Member, moment, until};
use crate::api::payload::Answer;
use crate::api::problem::{Problem, of_store};
use crate::api::routes::Tag;
use crate::api::types::{Dollars, Moment};
use crate::auth::Door;
use crate::auth::policy::{Act, Owned, Verdict};
use crate::models::refusal::Situation;
use crate::models::usage::{Attempt, Prices, Record};
use crate::store::Store;
use crate::store::usage::{By, Filter, Stored, Sums};

/// `/api/v1/usage`
#[derive(Clone)]
pub(in crate::api) struct Usage {
    pub(in crate::api) store: Store,
    pub(in crate::api) accounts: Door,
}

#[OpenApi(prefix_path = "/api/v1/usage", tag = "Tag::Usage")]
#[expect(
    clippy::too_many_arguments,
    reason = "each argument is a parameter of the query, documented where it is read"
)]
impl Usage {
    /// List usage records
    ///
    /// Newest first.
    #[oai(path = "/", method = "get", operation_id = "usage_list")]
    async fn list(
        &self,
        member: Member,
        /// From this date or moment on.
        from: Query<Option<String>>,
        /// Up to this date, itself included, or before this moment.
        to: Query<Option<String>>,
        /// A user's id or address.
        user: Query<Option<String>>,
        /// A key's id.
        key: Query<Option<String>>,
        /// A team's id or name.
        team: Query<Option<String>>,
        /// A model, as asked for or as answered.
        model: Query<Option<String>>,
        /// A request's id.
        request: Query<Option<String>>,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<RecordPage>, Problem> {
        let page = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let filter = Filter {
            key: key.0,
            model: model.0,
            request: request.0,
            ..self
                .filter(&member, from.0.as_deref(), to.0.as_deref(), user.0, team.0)
                .await?
        };
        let page = self.store.usage_list(&filter, &page).await;
        let page = page.map_err(of_store)?;
        Ok(Answer(RecordPage {
            data: page.data.into_iter().map(RecordView::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }

    /// Report usage
    ///
    /// Sums over the records that the filters mean, by group.
    #[oai(path = "/report", method = "get", operation_id = "usage_report")]
    async fn report(
        &self,
        member: Member,
        /// From this date or moment on.
        from: Query<Option<String>>,
        /// Up to this date, itself included, or before this moment.
        to: Query<Option<String>>,
        /// What to group by: `user`, `key`, `model` (unless said), `provider`, `team`, `day`,
        /// `hour`, `endpoint`, `end_user` or `tag:NAME`.
        by: Query<Option<String>>,
        /// A user's id or address.
        user: Query<Option<String>>,
        /// A key's id.
        key: Query<Option<String>>,
        /// A team's id or name.
        team: Query<Option<String>>,
        /// A model, as asked for or as answered.
        model: Query<Option<String>>,
    ) -> Result<Answer<ReportView>, Problem> {
        let filter = Filter {
            key: key.0,
            model: model.0,
            ..self
                .filter(&member, from.0.as_deref(), to.0.as_deref(), user.0, team.0)
                .await?
        };
        let by = match by.0.as_deref() {
            None => By::Model,
            Some(word) => word.parse().map_err(|why| Problem::invalid("by", why))?,
        };
        let report = self.store.usage_report(&filter, &by).await;
        let report = report.map_err(of_store)?;
        Ok(Answer(ReportView {
            data: report
                .data
                .into_iter()
                .map(|row| Line::new(row.group, row.sums))
                .collect(),
            total: report.total.into(),
            truncated: report.truncated,
        }))
    }

    /// Show a usage record
    ///
    /// With each time that a provider was asked.
    #[oai(path = "/:id", method = "get", operation_id = "usage_show")]
    async fn show(
        &self,
        member: Member,
        /// The request's id.
        id: Path<String>,
    ) -> Result<Answer<RecordWhole>, Problem> {
        let stored = self.store.usage_show(&id.0).await.map_err(of_store)?;
        let stored = stored.ok_or_else(|| hidden("request"))?;
        let owned = Owned {
            user: &stored.record.user_id,
            team: stored.record.team_id.as_deref(),
        };
        member.permit(&Act::SeeCall(owned), "request")?;
        Ok(Answer(stored.into()))
    }
}

impl Usage {
    /// The filter that a caller may use: a member's never leaves their own records, a
    /// team-admin's never those of the team that it names.
    async fn filter(
        &self,
        member: &Member,
        from: Option<&str>,
        to: Option<&str>,
        user: Option<String>,
        team: Option<String>,
    ) -> Result<Filter, Problem> {
        let team = match team {
            None => None,
            // Admins may name one that is gone.
            Some(who) if member.0.may(&Act::SeeAllUsage) == Verdict::Allowed => Some(who),
            Some(who) => Some(self.accounts.by(&member.0).show_team(&who).await?.id),
        };
        let all = match &team {
            _ if member.0.may(&Act::SeeAllUsage) == Verdict::Allowed => true,
            Some(team) => member.0.may(&Act::SeeTeamUsage(team)) == Verdict::Allowed,
            None => false,
        };
        let user = match user {
            user if all => user,
            Some(user) if !member.0.is(&user) => return Err(hidden("user")),
            _ => Some(member.id().to_owned()),
        };
        Ok(Filter {
            from: from.map(|text| moment("from", text)).transpose()?,
            to: to.map(|text| until("to", text)).transpose()?,
            user,
            team,
            ..Filter::default()
        })
    }
}

/// The answer to whoever asks for another's thing, or for one that is not there.
fn hidden(what: &str) -> Problem {
    Problem::new(Situation::NotFound, format!("There is no such {what}."))
}

/// A page of usage records.
#[derive(Object)]
struct RecordPage {
    /// The records.
    data: Vec<RecordView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// One call.
#[derive(Object)]
#[oai(rename = "UsageRecord")]
struct RecordView {
    /// `req_…`, also the answer's `x-request-id`.
    request_id: String,
    /// When the call was admitted.
    created_at: Moment,
    /// The user's address.
    user: String,
    /// The key it came with; null for a signed-in user.
    #[oai(nullable)]
    key_id: Option<String>,
    /// The name of the team it was made for; null: none.
    #[oai(nullable)]
    team: Option<String>,
    /// The end user the client named.
    #[oai(nullable)]
    end_user: Option<String>,
    /// Tags the client gave.
    tags: Value,
    /// `chat.completions`, `messages`, …
    endpoint: String,
    /// The name the client asked for.
    requested_model: String,
    /// The provider that was asked.
    provider: String,
    /// The model that answered, in the provider's words.
    model: String,
    /// `ok`, `error`, `cancelled`, `interrupted` or `rejected`.
    status: String,
    /// The status the client was sent.
    http_status: u16,
    /// Whether a stream was asked for.
    stream: bool,
    /// How often a provider was asked.
    attempts: u32,
    /// All input tokens.
    input_tokens: u64,
    /// Input tokens read from the provider's cache, a part of all.
    cached_input_tokens: u64,
    /// Input tokens written to the provider's cache, a part of all.
    cache_write_tokens: u64,
    /// All output tokens.
    output_tokens: u64,
    /// Output tokens spent on reasoning, a part of all.
    reasoning_tokens: u64,
    /// Other units by their names.
    units: Value,
    /// What the provider charges; null when unknown.
    #[oai(nullable)]
    cost_usd: Option<Dollars>,
    /// What the provider's answer says it costs; null when it says nothing.
    #[oai(nullable)]
    stated_cost_usd: Option<Dollars>,
    /// What the user pays; null when unknown.
    #[oai(nullable)]
    price_usd: Option<Dollars>,
    /// The prices that were applied, in US dollars per million units.
    prices: Value,
    /// Where the prices come from.
    price_source: String,
    /// `provider`, `partial`, `estimated` or `unknown`.
    usage_source: String,
    /// Remarks.
    flags: Vec<String>,
    /// Milliseconds to the end of the answer.
    latency_ms: u64,
    /// Milliseconds to the first content.
    #[oai(nullable)]
    ttft_ms: Option<u64>,
    /// The code of the error the client was sent.
    #[oai(nullable)]
    error_code: Option<String>,
}

/// One call with its attempts.
#[derive(Object)]
#[oai(rename = "UsageRecordWithTrace")]
struct RecordWhole {
    #[oai(flatten)]
    record: RecordView,
    /// Each time that a provider was asked, in order.
    trace: Vec<AttemptView>,
}

/// One time that a provider was asked.
#[derive(Object)]
#[oai(rename = "Attempt")]
struct AttemptView {
    /// The provider.
    provider: String,
    /// The model, in the provider's words.
    model: String,
    /// Which of the provider's credentials, from 1.
    credential: u32,
    /// The status of its answer; null where there was none.
    #[oai(nullable)]
    status: Option<u16>,
    /// `ok`, how the call ended, or what went wrong: `rate_limited`, `timeout`, …
    outcome: String,
    /// Milliseconds waited before it.
    wait_ms: u64,
    /// Milliseconds it took.
    latency_ms: u64,
    /// Milliseconds to its first content.
    #[oai(nullable)]
    ttft_ms: Option<u64>,
    /// What the provider charges for it; null when unknown.
    #[oai(nullable)]
    cost_usd: Option<Dollars>,
}

impl From<Attempt> for AttemptView {
    fn from(attempt: Attempt) -> Self {
        Self {
            provider: attempt.provider.to_string(),
            model: attempt.model.to_string(),
            credential: attempt.credential,
            status: attempt.status,
            outcome: attempt.outcome.to_string(),
            wait_ms: attempt.wait_ms,
            latency_ms: attempt.latency_ms,
            ttft_ms: attempt.ttft_ms,
            cost_usd: attempt.cost.map(Dollars),
        }
    }
}

impl From<Stored> for RecordWhole {
    fn from(stored: Stored) -> Self {
        let trace = stored.record.attempts();
        Self {
            trace: trace.into_iter().map(AttemptView::from).collect(),
            record: stored.into(),
        }
    }
}

/// A record as the API spells it.
pub fn spelled(stored: Stored) -> Value {
    RecordView::from(stored).to_json().unwrap_or_default()
}

/// A record as the API spells it, with its attempts.
pub fn spelled_whole(stored: Stored) -> Value {
    RecordWhole::from(stored).to_json().unwrap_or_default()
}

impl From<Stored> for RecordView {
    fn from(stored: Stored) -> Self {
        let Stored { record, user, team } = stored;
        let Record { tokens, .. } = &record;
        Self {
            request_id: record.request_id.to_string(),
            created_at: record.created_at.into(),
            user,
            key_id: record.key_id.as_deref().map(str::to_owned),
            team,
            end_user: record.end_user.clone(),
            tags: serde_json::to_value(&record.tags).unwrap_or_default(),
            endpoint: record.endpoint.to_string(),
            requested_model: record.requested_model.to_string(),
            provider: record.provider.to_string(),
            model: record.model.to_string(),
            status: record.status.as_str().to_owned(),
            http_status: record.http_status,
            stream: record.stream,
            attempts: record.attempts,
            input_tokens: tokens.input,
            cached_input_tokens: tokens.cached_input,
            cache_write_tokens: tokens.cache_write_5m.saturating_add(tokens.cache_write_1h),
            output_tokens: tokens.output,
            reasoning_tokens: tokens.reasoning,
            units: serde_json::to_value(&tokens.units).unwrap_or_default(),
            cost_usd: record.cost.map(Dollars),
            stated_cost_usd: record.stated_cost.map(Dollars),
            price_usd: record.price.map(Dollars),
            prices: prices(&record.prices),
            price_source: record.price_source.to_string(),
            usage_source: record.usage_source.as_str().to_owned(),
            flags: record.flags.clone(),
            latency_ms: record.latency_ms,
            ttft_ms: record.ttft_ms,
            error_code: record.error_code.as_deref().map(str::to_owned),
        }
    }
}

fn prices(prices: &Prices) -> Value {
    serde_json::to_value(prices).unwrap_or_default()
}

/// A report.
#[derive(Object)]
#[oai(rename = "UsageReport")]
struct ReportView {
    /// A line a group: in the order of time, else the dearest first.
    data: Vec<Line>,
    /// Sums over all records, also over those of lines left out.
    total: Totals,
    /// Whether there were more lines than are given.
    truncated: bool,
}

/// A line of a report.
#[derive(Object)]
#[oai(rename = "UsageLine")]
struct Line {
    /// What the line is about.
    group: String,
    /// All calls.
    requests: u64,
    /// Calls that were not answered.
    errors: u64,
    /// Calls whose price is not known.
    unpriced: u64,
    /// All input tokens.
    input_tokens: u64,
    /// Input tokens read from the provider's cache, a part of all.
    cached_input_tokens: u64,
    /// All output tokens.
    output_tokens: u64,
    /// What providers charge.
    cost_usd: Dollars,
    /// What users pay.
    price_usd: Dollars,
}

impl Line {
    fn new(group: String, sums: Sums) -> Self {
        Self {
            group,
            requests: sums.requests,
            errors: sums.errors,
            unpriced: sums.unpriced,
            input_tokens: sums.input_tokens,
            cached_input_tokens: sums.cached_input_tokens,
            output_tokens: sums.output_tokens,
            cost_usd: sums.cost.into(),
            price_usd: sums.price.into(),
        }
    }
}

/// Sums over records.
#[derive(Debug, Object)]
#[oai(rename = "UsageTotals")]
pub(in crate::api) struct Totals {
    /// All calls.
    requests: u64,
    /// Calls that were not answered.
    errors: u64,
    /// Calls whose price is not known.
    unpriced: u64,
    /// All input tokens.
    input_tokens: u64,
    /// Input tokens read from the provider's cache, a part of all.
    cached_input_tokens: u64,
    /// All output tokens.
    output_tokens: u64,
    /// What providers charge.
    cost_usd: Dollars,
    /// What users pay.
    price_usd: Dollars,
}

impl From<Sums> for Totals {
    fn from(sums: Sums) -> Self {
        Self {
            requests: sums.requests,
            errors: sums.errors,
            unpriced: sums.unpriced,
            input_tokens: sums.input_tokens,
            cached_input_tokens: sums.cached_input_tokens,
            output_tokens: sums.output_tokens,
            cost_usd: sums.cost.into(),
            price_usd: sums.price.into(),
        }
    }
}
