//! What changed, for the caches of every process.

use std::sync::atomic::Ordering;

use sqlx::{Connection as _, FromRow};

use super::sqlite::Watch;
use super::tx::Inner;
use super::{Error, Postgres, Result, Sqlite, Store, Tx, ask};
use crate::models::clock::{Clock, Timestamp};
use crate::models::user::words;

/// How many versions the log keeps: a cache further behind starts afresh.
const KEPT: i64 = 10_000;

/// The most changes that are named; beyond, everything counts as changed.
const NAMED: usize = 1000;

/// What kind of thing changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A user: `usr_…`
    User,
    /// An API key: `key_…`
    Key,
    /// A session of a signed-in user: `ses_…`
    Session,
    /// A meter of which somebody wants back what others hold: `key:key_…`
    Meter,
    /// A team: `team_…`
    Team,
    /// A provider, by its name.
    Provider,
    /// A model, by its name.
    Model,
}

words!(Kind {
    User = "user",
    Key = "key",
    Session = "session",
    Meter = "meter",
    Team = "team",
    Provider = "provider",
    Model = "model",
});

/// One thing that changed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// What kind of thing.
    pub kind: Kind,
    /// Its id.
    pub id: String,
}

/// What changed since a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// The newest version.
    pub version: i64,
    /// What changed since; `None`: more than can be named, take everything as changed.
    pub what: Option<Vec<Change>>,
}

#[derive(FromRow)]
struct Row {
    kind: String,
    subject: String,
}

const VERSION: &str = "SELECT version FROM change_version";

impl Store {
    /// What changed after `since`. Costs no query on SQLite while nobody else commits.
    pub async fn changes_since(&self, since: i64) -> Result<Changes> {
        let version = match self {
            Self::Sqlite(db) => sqlite_version(db, since).await?,
            Self::Postgres(db) => postgres_version(db).await?,
        };
        let what = if version == since {
            Some(Vec::new())
        } else if version < since || version - since > KEPT {
            // Behind us: the database was restored, or lost its last commits in a failover.
            None
        } else {
            self.log(since, version).await?
        };
        Ok(Changes { version, what })
    }

    async fn log(&self, since: i64, until: i64) -> Result<Option<Vec<Change>>> {
        const SQL: &str = "SELECT kind, subject FROM change_log \
             WHERE version > $1 AND version <= $2 ORDER BY version LIMIT $3";
        let limit = i64::try_from(NAMED + 1).unwrap_or(i64::MAX);
        let rows = ask!(Store, self, |db| sqlx::query_as::<_, Row>(SQL)
            .bind(since)
            .bind(until)
            .bind(limit)
            .fetch_all(db.control())
            .await)?;
        if rows.len() > NAMED {
            return Ok(None);
        }
        // A kind that a newer program writes is of no cache of ours.
        let known = rows.into_iter().filter_map(|row| {
            let kind = row.kind.parse().ok()?;
            Some(Change {
                kind,
                id: row.subject,
            })
        });
        Ok(Some(known.collect()))
    }

    /// The time by the database's clock, which all processes share, as far as it is known.
    ///
    /// Expiry is judged by it, so that a process whose own clock is off neither ends sessions
    /// early nor keeps them alive. SQLite's clock is this machine's.
    pub fn now(&self, clock: &Clock) -> Timestamp {
        match self {
            Self::Sqlite(_) => clock.now(),
            Self::Postgres(db) => {
                clock.now() + chrono::Duration::microseconds(db.skew.load(Ordering::Relaxed))
            }
        }
    }
}

/// Counts the version up and names what changed; the last thing a transaction does, because the
/// row it updates is locked until the commit.
pub(super) async fn record(tx: &mut Tx, noted: &[Change]) -> Result<()> {
    const COUNT: &str = "UPDATE change_version SET version = version + 1 RETURNING version";
    const NAME: &str = "INSERT INTO change_log (version, kind, subject) VALUES ($1, $2, $3)";
    const TRIM: &str = "DELETE FROM change_log WHERE version <= $1";

    let version: i64 = ask!(Inner, &mut tx.inner, |tx| sqlx::query_scalar(COUNT)
        .fetch_one(&mut **tx)
        .await)?;
    for change in noted {
        ask!(Inner, &mut tx.inner, |tx| sqlx::query(NAME)
            .bind(version)
            .bind(change.kind.as_str())
            .bind(&change.id)
            .execute(&mut **tx)
            .await
            .map(drop))?;
    }
    if version % 256 == 0 {
        ask!(Inner, &mut tx.inner, |tx| sqlx::query(TRIM)
            .bind(version - KEPT)
            .execute(&mut **tx)
            .await
            .map(drop))?;
    }
    Ok(())
}

/// Reads the version and, since it costs nothing more, what time the server has.
async fn postgres_version(db: &Postgres) -> Result<i64> {
    const SQL: &str = "SELECT version, CURRENT_TIMESTAMP FROM change_version";
    /// A smaller difference is the round trip.
    const NOISE: i64 = 1_000_000;

    let clock = Clock::system();
    let asked = clock.now();
    let (version, there): (i64, Timestamp) = sqlx::query_as(SQL).fetch_one(db.control()).await?;
    let here = asked + (clock.now() - asked) / 2;
    let skew = (there - here).num_microseconds().unwrap_or(0);
    let skew = if skew.abs() < NOISE { 0 } else { skew };
    db.skew.store(skew, Ordering::Relaxed);
    Ok(version)
}

/// Reads the version only after somebody committed: `data_version` tells without a query.
async fn sqlite_version(db: &Sqlite, since: i64) -> Result<i64> {
    const SQL: &str = "PRAGMA data_version";

    let mut slot = db.watch.lock().await;
    if db.control().is_closed() {
        return Err(sqlx::Error::PoolClosed.into());
    }
    let mut watch = match slot.take() {
        Some(watch) => watch,
        None => Watch {
            connection: sqlx::SqliteConnection::connect_with(&db.watching()).await?,
            seen: None,
            version: 0,
        },
    };
    let seen: i64 = sqlx::query_scalar(SQL)
        .fetch_one(&mut watch.connection)
        .await?;
    if watch.seen != Some(seen) || watch.version != since {
        watch.version = sqlx::query_scalar(VERSION)
            .fetch_one(&mut watch.connection)
            .await
            .map_err(Error::from)?;
        watch.seen = Some(seen);
    }
    let version = watch.version;
    // Put back only when all went well: a connection that failed is opened anew.
    *slot = Some(watch);
    Ok(version)
}
