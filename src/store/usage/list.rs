//! Reading records, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use chrono::TimeDelta;
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};

use super::record::clean;
use super::{Filter, Stored, bounds, bucket, latest, quarter};
use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::models::page::{Page, Request};
use crate::models::usage::{Attempt, Prices, Record, Tokens};
use crate::store::{Error, Result, Store, ask};

/// How many quarters of an hour are looked up first, and the most that are at once.
const BUCKETS: std::ops::RangeInclusive<usize> = 16..=1024;

/// The columns of a [`Row`], from records with their users and teams.
const SELECT: &str = "SELECT t.created_at, t.request_id, t.user_id, u.email, t.account_id, \
     t.key_id, t.team_id, g.name AS team, t.end_user, t.tags, t.endpoint, t.requested_model, t.provider, t.model, t.status, \
     t.http_status, t.stream, t.attempts, t.trace, t.input_tokens, t.cached_input_tokens, \
     t.cache_write_5m_tokens, t.cache_write_1h_tokens, t.output_tokens, t.reasoning_tokens, \
     t.units, t.cost, t.stated_cost, t.price, t.prices, t.price_source, t.usage_source, t.flags, t.latency_ms, \
     t.ttft_ms, t.error_code FROM usage t LEFT JOIN users u ON u.id = t.user_id \
     LEFT JOIN teams g ON g.id = t.team_id ";

#[derive(FromRow)]
struct Row {
    created_at: Timestamp,
    request_id: String,
    user_id: String,
    email: Option<String>,
    account_id: String,
    key_id: Option<String>,
    team_id: Option<String>,
    team: Option<String>,
    end_user: Option<String>,
    tags: Json<BTreeMap<String, String>>,
    endpoint: String,
    requested_model: String,
    provider: String,
    model: String,
    status: String,
    http_status: i64,
    stream: bool,
    attempts: i64,
    trace: Option<Json<Vec<Attempt>>>,
    input_tokens: i64,
    cached_input_tokens: i64,
    cache_write_5m_tokens: i64,
    cache_write_1h_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    units: Json<BTreeMap<String, u64>>,
    cost: Option<i64>,
    stated_cost: Option<i64>,
    price: Option<i64>,
    prices: Json<Prices>,
    price_source: String,
    usage_source: String,
    flags: Json<Vec<String>>,
    latency_ms: i64,
    ttft_ms: Option<i64>,
    error_code: Option<String>,
}

impl TryFrom<Row> for Stored {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let record = Record {
            request_id: row.request_id.into(),
            created_at: row.created_at,
            user_id: Arc::from(&*row.user_id),
            account_id: row.account_id.into(),
            key_id: row.key_id.map(Arc::from),
            team_id: row.team_id.as_deref().map(Arc::from),
            end_user: row.end_user,
            tags: row.tags.0,
            endpoint: row.endpoint.into(),
            requested_model: row.requested_model.into(),
            provider: row.provider.into(),
            model: row.model.into(),
            status: row.status.parse().map_err(Error::corrupt)?,
            http_status: u16::try_from(row.http_status).unwrap_or(0),
            stream: row.stream,
            attempts: u32::try_from(row.attempts).unwrap_or(0),
            trace: row.trace.map(|trace| trace.0).unwrap_or_default(),
            tokens: Tokens {
                input: row.input_tokens.unsigned_abs(),
                cached_input: row.cached_input_tokens.unsigned_abs(),
                cache_write_5m: row.cache_write_5m_tokens.unsigned_abs(),
                cache_write_1h: row.cache_write_1h_tokens.unsigned_abs(),
                output: row.output_tokens.unsigned_abs(),
                reasoning: row.reasoning_tokens.unsigned_abs(),
                units: row.units.0,
            },
            cost: row.cost.map(Money::from_nanos),
            stated_cost: row.stated_cost.map(Money::from_nanos),
            price: row.price.map(Money::from_nanos),
            prices: row.prices.0,
            price_source: row.price_source.into(),
            usage_source: row.usage_source.parse().map_err(Error::corrupt)?,
            flags: row.flags.0,
            latency_ms: row.latency_ms.unsigned_abs(),
            ttft_ms: row.ttft_ms.map(i64::unsigned_abs),
            error_code: row.error_code.map(Arc::from),
        };
        Ok(Self {
            record,
            // A user is never deleted from the table, only anonymised.
            user: row.email.unwrap_or(row.user_id),
            team: row.team.or(row.team_id),
        })
    }
}

/// A name as it would be kept.
fn kept(name: &str) -> String {
    clean(&name.into()).to_string()
}

/// A [`Filter`] with the user's id found.
#[derive(Debug, Clone, Default)]
pub(super) struct Narrow {
    pub(super) user: Option<String>,
    pub(super) key: Option<String>,
    pub(super) team: Option<String>,
    pub(super) model: Option<String>,
}

impl Narrow {
    fn is_all(&self) -> bool {
        let Self {
            user,
            key,
            team,
            model,
        } = self;
        [user, key, team, model].into_iter().all(Option::is_none)
    }

    /// The table of sums that can be narrowed so.
    pub(super) fn sums(&self) -> &'static str {
        match self.team {
            Some(_) => "usage_team_rollup",
            None => "usage_rollup",
        }
    }
}

/// Appends the conditions of a [`Narrow`]; the columns are named alike in records and sums.
macro_rules! narrow {
    ($query:expr, $narrow:expr) => {
        let narrow: &Narrow = $narrow;
        narrow!(holder: $query, narrow);
        if let Some(model) = &narrow.model {
            $query
                .push(" AND (t.model = ")
                .push_bind(model.clone())
                .push(" OR t.requested_model = ")
                .push_bind(model.clone())
                .push(")");
        }
    };
    (holder: $query:expr, $narrow:expr) => {
        if let Some(user) = &$narrow.user {
            $query.push(" AND t.user_id = ").push_bind(user.clone());
        }
        if let Some(key) = &$narrow.key {
            $query.push(" AND t.key_id = ").push_bind(key.clone());
        }
        if let Some(team) = &$narrow.team {
            $query.push(" AND t.team_id = ").push_bind(team.clone());
        }
    };
}
pub(super) use narrow;

/// Where a page goes on: before this record.
#[derive(Debug, Clone)]
struct Before {
    at: Timestamp,
    id: String,
}

impl Before {
    fn read(cursor: &str) -> Option<Self> {
        let text = String::from_utf8(BASE64.decode(cursor).ok()?).ok()?;
        let (at, id) = text.split_once(' ')?;
        let at = Timestamp::from_timestamp_micros(at.parse().ok()?)?;
        // Ours are of years that sort as text; others could not even be counted on from.
        let ours = (Timestamp::UNIX_EPOCH..latest()).contains(&at);
        ours.then(|| Self { at, id: kept(id) })
    }

    fn write(record: &Record) -> String {
        let at = record.created_at.timestamp_micros();
        BASE64.encode(format!("{at} {}", record.request_id))
    }
}

impl Store {
    /// Records, newest first. A cursor that is not one of ours is [`Error::NotFound`].
    pub async fn usage_list(&self, filter: &Filter, page: &Request) -> Result<Page<Stored>> {
        let before = match &page.cursor {
            Some(cursor) => Some(Before::read(cursor).ok_or(Error::NotFound)?),
            None => None,
        };
        let Some(narrow) = self.narrowed(filter).await? else {
            return Ok(Page {
                data: Vec::new(),
                next_cursor: None,
            });
        };
        // One more than asked for tells whether there is a next page.
        let limit = page.rows() as usize + 1;
        let (mut from, mut to) = bounds(filter);
        let mut data = Vec::new();
        if let Some(id) = &filter.request {
            // Found by its id, it is the only one; the other conditions still hold.
            let found = self.usage_show(id).await?;
            let at = found.map_or(to, |found| found.record.created_at);
            from = from.max(at);
            to = to.min(at + TimeDelta::microseconds(1));
        }
        if let Some(before) = &before {
            to = to.min(before.at + TimeDelta::microseconds(1));
        }
        let select = Select {
            narrow: &narrow,
            request: filter.request.as_deref(),
            before: before.as_ref(),
        };
        if narrow.is_all() || filter.request.is_some() {
            data = self.records(&select, (from, to), limit).await?;
        } else {
            self.search(&select, (from, to), limit, &mut data).await?;
        }
        let next_cursor = (data.len() == limit).then(|| {
            data.pop();
            data.last().map(|stored| Before::write(&stored.record))
        });
        Ok(Page {
            data,
            next_cursor: next_cursor.flatten(),
        })
    }

    /// One record.
    pub async fn usage_show(&self, request_id: &str) -> Result<Option<Stored>> {
        let row: Option<Row> = ask!(Store, self, |db| {
            let mut query = QueryBuilder::new(SELECT);
            query
                .push("WHERE t.request_id = ")
                .push_bind(kept(request_id));
            query.push(" LIMIT 1");
            query.build_query_as().fetch_optional(db.reader()).await
        })?;
        row.map(Stored::try_from).transpose()
    }

    /// Finds the user's and the team's id; `None` when nothing can match.
    pub(super) async fn narrowed(&self, filter: &Filter) -> Result<Option<Narrow>> {
        // Ids have capitals, addresses are kept without.
        let who = filter.user.as_deref().map(|who| {
            if who.contains('@') {
                who.to_lowercase()
            } else {
                who.to_owned()
            }
        });
        let user = match who {
            None => None,
            Some(who) => match self.user(&who).await? {
                Some(found) => Some(found.user.id),
                None => return Ok(None),
            },
        };
        let team = match &filter.team {
            None => None,
            Some(who) => match self.team_of_records(who).await? {
                Some(found) => Some(found),
                None => return Ok(None),
            },
        };
        Ok(Some(Narrow {
            user,
            team,
            key: filter.key.as_deref().map(kept),
            model: filter.model.as_deref().map(kept),
        }))
    }

    /// Reads only the quarters of an hour in which the sums say that there is something.
    async fn search(
        &self,
        select: &Select<'_>,
        (from, mut to): (Timestamp, Timestamp),
        limit: usize,
        data: &mut Vec<Stored>,
    ) -> Result<()> {
        let mut most = *BUCKETS.start();
        loop {
            let buckets = self.buckets(select.narrow, (from, to), most).await?;
            let last = buckets.len() < most;
            let mut buckets = buckets.into_iter().peekable();
            while let Some((mut start, mut expected)) = buckets.next() {
                let end = start + quarter();
                // Neighbours are read at once as long as all of them will be needed.
                while data.len() + expected < limit
                    && let Some(next) = buckets.next_if(|next| next.0 + quarter() == start)
                {
                    start = next.0;
                    expected += next.1;
                }
                let range = (start.max(from), end.min(to));
                let rows = self.records(select, range, limit - data.len()).await?;
                data.extend(rows);
                if data.len() == limit {
                    return Ok(());
                }
                to = start;
            }
            if last {
                return Ok(());
            }
            most = (most * 4).min(*BUCKETS.end());
        }
    }

    /// The newest quarters of an hour with something in them, and how much.
    async fn buckets(
        &self,
        narrow: &Narrow,
        (from, to): (Timestamp, Timestamp),
        most: usize,
    ) -> Result<Vec<(Timestamp, usize)>> {
        let mut found: BTreeMap<Timestamp, usize> = BTreeMap::new();
        // One condition at a time has an index that gives the newest first and stops; both
        // conditions in one query do not.
        let models: &[&str] = match &narrow.model {
            Some(_) => &[" AND t.model = ", " AND t.requested_model = "],
            None => &[""],
        };
        for condition in models {
            let rows: Vec<(Timestamp, i64)> = ask!(Store, self, |db| {
                let mut query =
                    QueryBuilder::new("SELECT t.bucket, CAST(SUM(t.requests) AS BIGINT) FROM ");
                query.push(narrow.sums()).push(" t WHERE t.bucket >= ");
                query.push_bind(bucket(from));
                query.push(" AND t.bucket < ").push_bind(to);
                narrow!(holder: query, narrow);
                if let Some(model) = &narrow.model {
                    query.push(*condition).push_bind(model.clone());
                }
                query.push(" GROUP BY t.bucket ORDER BY t.bucket DESC LIMIT ");
                query.push_bind(i64::try_from(most).unwrap_or(i64::MAX));
                query.build_query_as().fetch_all(db.reader()).await
            })?;
            for (bucket, count) in rows {
                // A call that was asked for and answered under one name is counted twice: what
                // is expected may be too much, never too little.
                *found.entry(bucket).or_default() += usize::try_from(count).unwrap_or(0);
            }
        }
        Ok(found.into_iter().rev().take(most).collect())
    }

    async fn records(
        &self,
        select: &Select<'_>,
        (from, to): (Timestamp, Timestamp),
        limit: usize,
    ) -> Result<Vec<Stored>> {
        let rows: Vec<Row> = ask!(Store, self, |db| {
            let mut query = QueryBuilder::new(SELECT);
            query.push("WHERE t.created_at >= ").push_bind(from);
            query.push(" AND t.created_at < ").push_bind(to);
            if let Some(before) = select.before {
                query
                    .push(" AND (t.created_at, t.request_id) < (")
                    .push_bind(before.at)
                    .push(", ")
                    .push_bind(before.id.clone())
                    .push(")");
            }
            if let Some(request) = select.request {
                query.push(" AND t.request_id = ").push_bind(kept(request));
            }
            narrow!(query, select.narrow);
            query.push(" ORDER BY t.created_at DESC, t.request_id DESC LIMIT ");
            query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(db.reader()).await
        })?;
        rows.into_iter().map(Stored::try_from).collect()
    }
}

/// Which records are wanted of a range of time.
struct Select<'a> {
    narrow: &'a Narrow,
    request: Option<&'a str>,
    before: Option<&'a Before>,
}
