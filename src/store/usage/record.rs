//! Writing records: each exactly once, however often it comes.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use serde::Serialize;

use super::sums::Sum;
use super::team_sums::TeamSum;
use crate::models::clock::{Clock, Timestamp};
use crate::models::money::Money;
use crate::models::usage::{Cursor, Record, Source, Status};
use crate::store::{Result, Store};

impl Store {
    /// Writes settled calls, each exactly once however often it comes, and how far that brings a
    /// journal, in one transaction; gives how many were new.
    ///
    /// Sums change only by records that were new.
    pub async fn record_batch(
        &self,
        replica: &str,
        cursor: Cursor,
        records: &[Record],
    ) -> Result<usize> {
        // In the order of the table, which is also one order for all who lock its rows.
        let mut records: Vec<&Record> = records.iter().collect();
        records.sort_by(|a, b| key(a).cmp(&key(b)));
        records.dedup_by(|a, b| key(a) == key(b));
        let mut rows: Vec<Row> = records.into_iter().map(Row::from).collect();

        let mut tx = self.write().await?;
        // Asking only for the count spares a row sent back for every row written. It tells all
        // unless some were new and some were not, as after a crash.
        let mut new = tx.insert(&rows).await?;
        if new > 0 && new < rows.len() {
            tx.rollback().await?;
            tx = self.write().await?;
            let ids: HashSet<String> = tx.insert_returning(&rows).await?.into_iter().collect();
            rows.retain(|row| ids.contains(&*row.request_id));
            new = rows.len();
        }
        if new > 0 {
            tx.insert(&Sum::of(&rows)).await?;
            let for_teams = TeamSum::of(&rows);
            if !for_teams.is_empty() {
                tx.insert(&for_teams).await?;
            }
        }
        let now = Clock::system().now();
        tx.move_cursor(replica, cursor, now).await?;
        tx.commit().await?;
        Ok(new)
    }
}

/// A record as its columns: texts without NUL (which PostgreSQL does not take) and of a length
/// that an index takes, numbers in the range of BIGINT.
pub(super) struct Row {
    pub(super) created_at: Timestamp,
    pub(super) request_id: Arc<str>,
    pub(super) user_id: Arc<str>,
    pub(super) account_id: Arc<str>,
    pub(super) key_id: Option<Arc<str>>,
    pub(super) team_id: Option<Arc<str>>,
    pub(super) end_user: Option<Arc<str>>,
    pub(super) tags: Arc<str>,
    pub(super) endpoint: Arc<str>,
    pub(super) requested_model: Arc<str>,
    pub(super) provider: Arc<str>,
    pub(super) model: Arc<str>,
    pub(super) status: Arc<str>,
    pub(super) http_status: i64,
    pub(super) stream: bool,
    pub(super) attempts: i64,
    pub(super) trace: Option<Arc<str>>,
    pub(super) input_tokens: i64,
    pub(super) cached_input_tokens: i64,
    pub(super) cache_write_5m_tokens: i64,
    pub(super) cache_write_1h_tokens: i64,
    pub(super) output_tokens: i64,
    pub(super) reasoning_tokens: i64,
    pub(super) units: Arc<str>,
    pub(super) cost: Option<i64>,
    pub(super) stated_cost: Option<i64>,
    pub(super) price: Option<i64>,
    pub(super) prices: Arc<str>,
    pub(super) price_source: Arc<str>,
    pub(super) usage_source: Arc<str>,
    pub(super) flags: Arc<str>,
    pub(super) latency_ms: i64,
    pub(super) ttft_ms: Option<i64>,
    pub(super) error_code: Option<Arc<str>>,
}

/// The key of the table: ids are our own, which [`clean`] leaves as they are.
fn key(record: &Record) -> (Timestamp, &str) {
    (record.created_at, &record.request_id)
}

impl From<&Record> for Row {
    fn from(record: &Record) -> Self {
        let tokens = &record.tokens;
        Self {
            created_at: record.created_at,
            request_id: clean(&record.request_id),
            user_id: clean(&record.user_id),
            account_id: clean(&record.account_id),
            key_id: record.key_id.as_ref().map(clean),
            team_id: record.team_id.as_ref().map(clean),
            end_user: record
                .end_user
                .as_deref()
                .map(Into::into)
                .as_ref()
                .map(clean),
            tags: json(&record.tags, record.tags.is_empty(), &OBJECT),
            endpoint: clean(&record.endpoint),
            requested_model: clean(&record.requested_model),
            provider: clean(&record.provider),
            model: clean(&record.model),
            status: word(record.status.as_str()),
            http_status: record.http_status.into(),
            stream: record.stream,
            attempts: record.attempts.into(),
            trace: (!record.trace.is_empty()).then(|| json(&record.trace, false, &LIST)),
            input_tokens: whole(tokens.input),
            cached_input_tokens: whole(tokens.cached_input),
            cache_write_5m_tokens: whole(tokens.cache_write_5m),
            cache_write_1h_tokens: whole(tokens.cache_write_1h),
            output_tokens: whole(tokens.output),
            reasoning_tokens: whole(tokens.reasoning),
            units: json(&tokens.units, tokens.units.is_empty(), &OBJECT),
            cost: record.cost.map(Money::nanos),
            stated_cost: record.stated_cost.map(Money::nanos),
            price: record.price.map(Money::nanos),
            prices: json(&record.prices, record.prices.is_empty(), &OBJECT),
            price_source: clean(&record.price_source),
            usage_source: word(record.usage_source.as_str()),
            flags: json(&record.flags, record.flags.is_empty(), &LIST),
            latency_ms: whole(record.latency_ms),
            ttft_ms: record.ttft_ms.map(whole),
            error_code: record.error_code.as_ref().map(clean),
        }
    }
}

/// Empty collections, as JSON.
static OBJECT: LazyLock<Arc<str>> = LazyLock::new(|| "{}".into());
static LIST: LazyLock<Arc<str>> = LazyLock::new(|| "[]".into());

/// The words of [`Status`] and [`Source`], made once.
static WORDS: LazyLock<Vec<Arc<str>>> = LazyLock::new(|| {
    let statuses = Status::ALL.iter().map(|status| status.as_str());
    let sources = Source::ALL.iter().map(|source| source.as_str());
    statuses.chain(sources).map(Arc::from).collect()
});

fn word(word: &'static str) -> Arc<str> {
    let known = WORDS.iter().find(|known| &***known == word);
    known.cloned().unwrap_or_else(|| word.into())
}

/// As it is kept: at most 256 bytes, and no NUL.
pub(super) fn clean(text: &Arc<str>) -> Arc<str> {
    const MOST: usize = 256;
    if text.len() <= MOST && memchr::memchr(0, text.as_bytes()).is_none() {
        return Arc::clone(text);
    }
    let cut = &text[..text.floor_char_boundary(MOST)];
    // As long as what it stands for, so that what is clean stays as it is.
    cut.replace('\0', "?").into()
}

/// As JSON without the escape of NUL.
fn json(value: &impl Serialize, is_empty: bool, empty: &Arc<str>) -> Arc<str> {
    if is_empty {
        return Arc::clone(empty);
    }
    // Maps and lists of texts and numbers cannot fail to serialise.
    let Ok(text) = serde_json::to_string(value) else {
        return Arc::clone(empty);
    };
    if text.contains(r"\u0000") {
        without_nul(&text).into()
    } else {
        text.into()
    }
}

/// Replaces the escape `\u0000`, but not the six characters after an escaped backslash.
fn without_nul(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix(r"\u0000") {
            out.push('\u{fffd}');
            rest = after;
        } else {
            // What follows a backslash in JSON is one ASCII character at least.
            let pair = rest.len().min(2);
            out.push_str(&rest[..pair]);
            rest = &rest[pair..];
        }
    }
    out.push_str(rest);
    out
}

/// In the range in which thousands can be added up without overflow.
fn whole(count: u64) -> i64 {
    const MOST: i64 = 1_000_000_000_000_000;
    i64::try_from(count).unwrap_or(MOST).min(MOST)
}

super::bulk::bulk! {
    Row, "usage", "ON CONFLICT DO NOTHING", "request_id";
    created_at, request_id, user_id, account_id, key_id, team_id, end_user, tags,
    endpoint,
    requested_model, provider, model, status, http_status, stream, attempts, trace, input_tokens,
    cached_input_tokens, cache_write_5m_tokens, cache_write_1h_tokens, output_tokens,
    reasoning_tokens, units, cost, stated_cost, price, prices, price_source, usage_source, flags, latency_ms,
    ttft_ms, error_code
}
