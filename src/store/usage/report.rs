//! Sums by group.
//!
//! The whole quarters of an hour of a range come from the sums, its edges from the records; an
//! edge lies within one quarter of an hour, so its hour and day are known. What the sums do not
//! keep apart (end users, tags) comes from the records.

use std::collections::HashMap;

use sqlx::{FromRow, QueryBuilder};
use tokio::sync::Semaphore;

use super::list::{Narrow, narrow};
use super::{By, Filter, Report, Row, Sums, bounds, bucket, quarter, rest};
use crate::models::clock::Timestamp;
use crate::models::money::Money;
use crate::store::{ACQUIRE, Error, Result, Store, ask};

/// The most lines of a report.
const LINES: usize = 10_000;

/// The most quarters of an hour of a report: over ten years of them.
const QUARTERS: i64 = 400_000;

type Range = (Timestamp, Timestamp);

/// How rows of one query fall into groups.
#[derive(Clone, Copy)]
enum Group<'a> {
    /// All into one.
    Whole,
    /// By a column.
    Column(&'static str),
    /// By the team, those of none left out where sums are asked.
    Team,
    /// By the value of a tag.
    Tag(&'a str),
}

#[derive(FromRow)]
struct SumsRow {
    requests: i64,
    errors: i64,
    unpriced: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    cost: i64,
    price: i64,
}

#[derive(FromRow)]
struct Grouped {
    named: Option<String>,
    #[sqlx(flatten)]
    sums: SumsRow,
}

#[derive(FromRow)]
struct Timed {
    bucket: Timestamp,
    #[sqlx(flatten)]
    sums: SumsRow,
}

impl From<SumsRow> for Sums {
    fn from(row: SumsRow) -> Self {
        Self {
            requests: row.requests.unsigned_abs(),
            errors: row.errors.unsigned_abs(),
            unpriced: row.unpriced.unsigned_abs(),
            input_tokens: row.input_tokens.unsigned_abs(),
            cached_input_tokens: row.cached_input_tokens.unsigned_abs(),
            output_tokens: row.output_tokens.unsigned_abs(),
            cost: Money::from_nanos(row.cost),
            price: Money::from_nanos(row.price),
        }
    }
}

/// The columns of a [`SumsRow`] from sums.
const OF_SUMS: &str = "CAST(COALESCE(SUM(t.requests), 0) AS BIGINT) AS requests, \
     CAST(COALESCE(SUM(t.errors), 0) AS BIGINT) AS errors, \
     CAST(COALESCE(SUM(t.unpriced), 0) AS BIGINT) AS unpriced, \
     CAST(COALESCE(SUM(t.input_tokens), 0) AS BIGINT) AS input_tokens, \
     CAST(COALESCE(SUM(t.cached_input_tokens), 0) AS BIGINT) AS cached_input_tokens, \
     CAST(COALESCE(SUM(t.output_tokens), 0) AS BIGINT) AS output_tokens, \
     CAST(COALESCE(SUM(t.cost), 0) AS BIGINT) AS cost, \
     CAST(COALESCE(SUM(t.price), 0) AS BIGINT) AS price FROM ";

/// The columns of a [`SumsRow`] from records.
const OF_RECORDS: &str = "COUNT(*) AS requests, \
     COUNT(CASE WHEN t.status IN ('ok', 'cancelled') THEN NULL ELSE 1 END) AS errors, \
     COUNT(CASE WHEN t.price IS NULL THEN 1 END) AS unpriced, \
     CAST(COALESCE(SUM(t.input_tokens), 0) AS BIGINT) AS input_tokens, \
     CAST(COALESCE(SUM(t.cached_input_tokens), 0) AS BIGINT) AS cached_input_tokens, \
     CAST(COALESCE(SUM(t.output_tokens), 0) AS BIGINT) AS output_tokens, \
     CAST(COALESCE(SUM(t.cost), 0) AS BIGINT) AS cost, \
     CAST(COALESCE(SUM(t.price), 0) AS BIGINT) AS price FROM usage t";

/// What users and teams are called.
const USERS: &str = "SELECT id, email FROM users WHERE id IN (";
const TEAMS: &str = "SELECT id, name FROM teams WHERE id IN (";

impl Store {
    /// Sums by group over the records that a filter means.
    pub async fn usage_report(&self, filter: &Filter, by: &By) -> Result<Report> {
        let Some(narrow) = self.narrowed(filter).await? else {
            return Ok(Report::default());
        };
        let pieces = Pieces::of(bounds(filter));
        let mut lines: HashMap<String, Sums> = HashMap::new();
        match by {
            By::Day | By::Hour => self.by_time(&narrow, &pieces, by, &mut lines).await?,
            By::EndUser | By::Tag(_) => {
                let rows = self.through_records(&narrow, bounds(filter), by).await?;
                add(&mut lines, rows);
            }
            By::Team => self.by_team(&narrow, &pieces, &mut lines).await?,
            By::User | By::Key | By::Model | By::Provider | By::Endpoint => {
                let group = Group::Column(match by {
                    By::User => "t.user_id",
                    By::Key => "t.key_id",
                    By::Model => "t.model",
                    By::Provider => "t.provider",
                    _ => "t.endpoint",
                });
                if let Some(whole) = pieces.whole {
                    add(&mut lines, self.of_sums(&narrow, whole, group).await?);
                }
                for edge in pieces.edges() {
                    add(&mut lines, self.of_records(&narrow, edge, group).await?);
                }
            }
        }
        let truncated = lines.len() > LINES;
        let mut total = Sums::default();
        if truncated {
            total = self.total(&narrow, &pieces).await?;
        } else {
            for sums in lines.values() {
                total.add(sums);
            }
        }
        lines = match by {
            By::User => self.with_names(lines, USERS).await?,
            By::Team => self.with_names(lines, TEAMS).await?,
            _ => lines,
        };
        let mut data: Vec<Row> = lines
            .into_iter()
            .map(|(group, sums)| Row { group, sums })
            .collect();
        if matches!(by, By::Day | By::Hour) {
            data.sort_by(|a, b| a.group.cmp(&b.group));
        } else {
            data.sort_by(|a, b| {
                let most = |row: &Row| (row.sums.price, row.sums.requests);
                most(b).cmp(&most(a)).then_with(|| a.group.cmp(&b.group))
            });
            data.truncate(LINES);
        }
        Ok(Report {
            data,
            total,
            truncated,
        })
    }

    /// Sums over all records that a filter means.
    pub async fn usage_total(&self, filter: &Filter) -> Result<Sums> {
        match self.narrowed(filter).await? {
            Some(narrow) => self.total(&narrow, &Pieces::of(bounds(filter))).await,
            None => Ok(Sums::default()),
        }
    }

    /// What the calls of each of some keys cost their owners so far; keys without any are left out.
    pub async fn spent_by_key(&self, keys: &[&str]) -> Result<HashMap<String, Money>> {
        let mut spent = HashMap::new();
        for keys in keys.chunks(500) {
            let sums: Vec<(String, i64)> = ask!(Store, self, |db| {
                let mut query = QueryBuilder::new(
                    "SELECT key_id, CAST(SUM(price) AS BIGINT) FROM usage_rollup WHERE key_id IN (",
                );
                let mut list = query.separated(", ");
                for key in keys {
                    list.push_bind(*key);
                }
                query.push(") GROUP BY key_id");
                query.build_query_as().fetch_all(db.reader()).await
            })?;
            let sums = sums.into_iter();
            spent.extend(sums.map(|(key, sum)| (key, Money::from_nanos(sum))));
        }
        Ok(spent)
    }

    async fn total(&self, narrow: &Narrow, pieces: &Pieces) -> Result<Sums> {
        let mut total = Sums::default();
        if let Some(whole) = pieces.whole {
            for row in self.of_sums(narrow, whole, Group::Whole).await? {
                total.add(&row.sums.into());
            }
        }
        for edge in pieces.edges() {
            for row in self.of_records(narrow, edge, Group::Whole).await? {
                total.add(&row.sums.into());
            }
        }
        Ok(total)
    }

    async fn by_time(
        &self,
        narrow: &Narrow,
        pieces: &Pieces,
        by: &By,
        lines: &mut HashMap<String, Sums>,
    ) -> Result<()> {
        let name = |bucket: Timestamp| match by {
            By::Day => bucket.format("%Y-%m-%d").to_string(),
            _ => bucket.format("%Y-%m-%dT%H:00:00Z").to_string(),
        };
        if let Some((from, to)) = pieces.whole {
            let rows: Vec<Timed> = ask!(Store, self, |db| {
                let mut query = QueryBuilder::new("SELECT t.bucket, ");
                query.push(OF_SUMS).push(narrow.sums());
                query.push(" t WHERE t.bucket >= ");
                query.push_bind(from).push(" AND t.bucket < ").push_bind(to);
                narrow!(query, narrow);
                query.push(" GROUP BY t.bucket ORDER BY t.bucket LIMIT ");
                query.push_bind(QUARTERS);
                query.build_query_as().fetch_all(db.reader()).await
            })?;
            for row in rows {
                let line = lines.entry(name(row.bucket)).or_default();
                line.add(&row.sums.into());
            }
        }
        for edge in pieces.edges() {
            for row in self.of_records(narrow, edge, Group::Whole).await? {
                if row.sums.requests > 0 {
                    let line = lines.entry(name(bucket(edge.0))).or_default();
                    line.add(&row.sums.into());
                }
            }
        }
        Ok(())
    }

    /// The sums of each team, and of what was used for none: all but those.
    async fn by_team(
        &self,
        narrow: &Narrow,
        pieces: &Pieces,
        lines: &mut HashMap<String, Sums>,
    ) -> Result<()> {
        if let Some(whole) = pieces.whole {
            let teams = self.of_sums(narrow, whole, Group::Team).await?;
            let mut all = Sums::default();
            for row in self.of_sums(narrow, whole, Group::Whole).await? {
                all.add(&row.sums.into());
            }
            add(lines, teams);
            let mut for_teams = Sums::default();
            for sums in lines.values() {
                for_teams.add(sums);
            }
            let others = rest(&all, &for_teams);
            if others.requests > 0 {
                lines.insert(String::new(), others);
            }
        }
        for edge in pieces.edges() {
            add(lines, self.of_records(narrow, edge, Group::Team).await?);
        }
        Ok(())
    }

    async fn of_sums(
        &self,
        narrow: &Narrow,
        (from, to): Range,
        group: Group<'_>,
    ) -> Result<Vec<Grouped>> {
        let (column, table) = match group {
            Group::Column(column) => (column, narrow.sums()),
            Group::Team => ("t.team_id", "usage_team_rollup"),
            Group::Whole | Group::Tag(_) => ("''", narrow.sums()),
        };
        Ok(ask!(Store, self, |db| {
            let mut query = QueryBuilder::new("SELECT ");
            query.push(column).push(" AS named, ").push(OF_SUMS);
            query
                .push(table)
                .push(" t WHERE t.bucket >= ")
                .push_bind(from);
            query.push(" AND t.bucket < ").push_bind(to);
            narrow!(query, narrow);
            if matches!(group, Group::Column(_) | Group::Team) {
                query.push(" GROUP BY 1");
            }
            query.push(" ORDER BY price DESC, requests DESC LIMIT ");
            query.push_bind(i64::try_from(LINES + 1).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(db.reader()).await
        })?)
    }

    async fn of_records(
        &self,
        narrow: &Narrow,
        (from, to): Range,
        group: Group<'_>,
    ) -> Result<Vec<Grouped>> {
        // The engines look into JSON in different words; SQLite's own `->>` would take some
        // names for a path.
        let (tag, after) = match self {
            Store::Sqlite(_) => (
                "(SELECT j.value FROM json_each(t.tags) j WHERE j.key = ",
                ")",
            ),
            Store::Postgres(_) => ("(t.tags ->> ", ")"),
        };
        Ok(ask!(Store, self, |db| {
            let mut query = QueryBuilder::new("SELECT ");
            match group {
                Group::Whole => query.push("''"),
                Group::Column(column) => query.push(column),
                Group::Team => query.push("t.team_id"),
                Group::Tag(name) => query
                    .push(tag)
                    .push_bind(name.replace('\0', "\u{fffd}"))
                    .push(after),
            };
            query.push(" AS named, ").push(OF_RECORDS);
            query.push(" WHERE t.created_at >= ").push_bind(from);
            query.push(" AND t.created_at < ").push_bind(to);
            narrow!(query, narrow);
            if !matches!(group, Group::Whole) {
                query.push(" GROUP BY 1");
            }
            query.push(" ORDER BY price DESC, requests DESC LIMIT ");
            query.push_bind(i64::try_from(LINES + 1).unwrap_or(i64::MAX));
            query.build_query_as().fetch_all(db.reader()).await
        })?)
    }

    /// Sums over all records of a range, few at a time: such reports take long, and must leave
    /// connections to others, also when whoever asked for one goes away.
    async fn through_records(
        &self,
        narrow: &Narrow,
        range: Range,
        by: &By,
    ) -> Result<Vec<Grouped>> {
        static TURNS: Semaphore = Semaphore::const_new(2);
        let busy = || Error::Unavailable(sqlx::Error::PoolTimedOut);
        let turn = tokio::time::timeout(ACQUIRE, TURNS.acquire()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| busy())?;
        let (store, narrow, by) = (self.clone(), narrow.clone(), by.clone());
        let summing = tokio::spawn(async move {
            let group = match &by {
                By::Tag(name) => Group::Tag(name),
                _ => Group::Column("t.end_user"),
            };
            let rows = store.of_records(&narrow, range, group).await;
            drop(turn);
            rows
        });
        summing.await.map_err(|_| busy())?
    }

    /// Says what users or teams are called instead of their ids.
    async fn with_names(
        &self,
        mut lines: HashMap<String, Sums>,
        named: &'static str,
    ) -> Result<HashMap<String, Sums>> {
        let ids: Vec<String> = lines.keys().cloned().collect();
        let mut called: HashMap<String, Sums> = HashMap::new();
        for ids in ids.chunks(500) {
            let found: Vec<(String, String)> = ask!(Store, self, |db| {
                let mut query = QueryBuilder::new(named);
                let mut list = query.separated(", ");
                for id in ids {
                    list.push_bind(id.clone());
                }
                query.push(")");
                query.build_query_as().fetch_all(db.reader()).await
            })?;
            for (id, name) in found {
                if let Some(sums) = lines.remove(&id) {
                    // A team may be called as one was that is gone.
                    called.entry(name).or_default().add(&sums);
                }
            }
        }
        called.extend(lines);
        Ok(called)
    }
}

fn add(lines: &mut HashMap<String, Sums>, rows: Vec<Grouped>) {
    for row in rows {
        let line = lines.entry(row.named.unwrap_or_default()).or_default();
        line.add(&row.sums.into());
    }
}

/// A range in whole quarters of an hour and what is left at its edges.
#[derive(Debug, PartialEq, Eq)]
struct Pieces {
    head: Option<Range>,
    whole: Option<Range>,
    tail: Option<Range>,
}

impl Pieces {
    fn of((from, to): Range) -> Self {
        let some = |(from, to): Range| (from < to).then_some((from, to));
        let starts = if bucket(from) == from {
            from
        } else {
            bucket(from) + quarter()
        };
        let ends = bucket(to);
        Self {
            head: some((from, starts.min(to))),
            whole: some((starts, ends)),
            tail: some((starts.max(ends), to)),
        }
    }

    fn edges(&self) -> impl Iterator<Item = Range> {
        [self.head, self.tail].into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: u32, second: u32) -> Timestamp {
        let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
        day.and_hms_opt(10, minute, second).unwrap().and_utc()
    }

    #[test]
    fn a_range_is_cut_at_whole_quarters_of_an_hour_without_gap_or_overlap() {
        for from in 0..60 {
            for to in from..60 {
                let pieces = Pieces::of((at(from, 0), at(to, 30)));
                let mut reached = at(from, 0);
                for piece in [pieces.head, pieces.whole, pieces.tail]
                    .into_iter()
                    .flatten()
                {
                    assert_eq!(piece.0, reached, "{from}..{to}: {pieces:?}");
                    reached = piece.1;
                }
                assert_eq!(reached, at(to, 30), "{from}..{to}: {pieces:?}");
                for (starts, ends) in pieces.edges() {
                    let last = ends - chrono::TimeDelta::microseconds(1);
                    assert_eq!(bucket(starts), bucket(last), "{from}..{to}: {pieces:?}");
                }
            }
        }
    }
}
