//! The database: one query text for SQLite and PostgreSQL.
//!
//! Answers for what is kept and how it is asked for. It decides nothing: rights, prices and
//! limits are judged by the floors above. Reads are methods of [`Store`], writes are methods of
//! [`Tx`]; each noun has its own file. Start reading at [`Store::open`].
//!
//! A `const` of SQL stands above its use, everything dynamic is bound, and `ask!` runs the one
//! text on whichever engine is open. Where the engines must differ, that one function says
//! `match` and why.

mod attempts;
mod audit;
mod changes;
mod cursor;
mod error;
mod keys;
mod meters;
pub mod migrate;
mod offers;
mod postgres;
mod replicas;
mod secrets;
mod sessions;
mod setup;
mod sqlite;
mod teams;
mod tidy;
mod tx;
pub mod usage;
mod users;

use std::time::Duration;

pub use attempts::Attempts;
pub use audit::{Acted, AuditFilter, Audited};
pub use changes::{Change, Changes, Kind};
pub use error::Error;
pub use keys::{Grant, KeyFilter, KeyUpdate};
pub use meters::MeterRow;
pub use offers::OfferRow;
pub use postgres::Postgres;
pub use replicas::{Lease, Replica, Replicas};
pub use sessions::{Redeemed, SessionGrant};
pub use sqlite::Sqlite;
pub use tx::Tx;
pub use users::{UserRow, UserUpdate};

use crate::config::Config;

/// What every function here answers with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How long a pool may take to hand out a connection before the database counts as away.
const ACQUIRE: Duration = Duration::from_secs(3);

/// How long an answer may take at all.
const ANSWER: Duration = Duration::from_secs(35);

/// The open database. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Store {
    /// One file, one writing process at a time.
    Sqlite(Sqlite),
    /// A server that several processes share.
    Postgres(Postgres),
}

/// How many connections a pool has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// Which pool: `read`, `write`, and `control` for what calls wait for.
    pub name: &'static str,
    /// Open connections.
    pub open: u32,
    /// Open connections that nobody uses.
    pub idle: u32,
    /// The most there may be.
    pub most: u32,
}

/// Runs one body on whichever engine an enum of two holds.
macro_rules! on {
    ($enum:ident, $of:expr, |$db:ident| $body:expr) => {
        match $of {
            $enum::Sqlite($db) => $body,
            $enum::Postgres($db) => $body,
        }
    };
}

/// Asks whichever engine an enum of two holds, and not for ever: a body that ends in `.await`.
macro_rules! ask {
    ($enum:ident, $of:expr, |$db:ident| $body:expr) => {
        $crate::store::answered(async {
            match $of {
                $enum::Sqlite($db) => $body,
                $enum::Postgres($db) => $body,
            }
        })
        .await
    };
}
use ask;

impl Store {
    /// Opens the database that the settings name, without connecting yet.
    ///
    /// Succeeds while PostgreSQL is away: every use then fails with [`Error::Unavailable`] until
    /// it is back. Needs a tokio runtime.
    pub fn open(config: &Config) -> Result<Self> {
        let url = config.database.url.expose();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Postgres::open(url).map(Self::Postgres)
        } else {
            Sqlite::open(url, &config.data_dir).map(Self::Sqlite)
        }
    }

    /// Asks the database for an answer, within a second.
    pub async fn ready(&self) -> Result<()> {
        const SQL: &str = "SELECT 1";
        let ask = async {
            ask!(Store, self, |db| sqlx::query(SQL)
                .execute(db.control())
                .await
                .map(drop))
        };
        within(Duration::from_secs(1), ask).await
    }

    /// The engine's name: `sqlite` or `postgres`.
    pub fn engine(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The pools and how full they are.
    pub fn pools(&self) -> Vec<Pool> {
        on!(Store, self, |db| db.pools())
    }

    /// Closes all connections, waiting for those in use.
    pub async fn close(&self) {
        on!(Store, self, |db| db.close().await);
    }
}

/// Whether nothing of this name can be kept: PostgreSQL takes no NUL, not even to look for it.
fn is_impossible(name: &str) -> bool {
    name.contains('\0')
}

/// Gives up on a connection that went silent: the server ends statements earlier by itself.
async fn answered<T>(asked: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T> {
    // Boxed: a driver's future is tens of kilobytes, and whoever waits for it would carry it.
    let asked = Box::pin(asked);
    within(ANSWER, async { asked.await.map_err(Error::from) }).await
}

/// Gives up on a database that does not answer in time.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(Error::Unavailable(sqlx::Error::PoolTimedOut)),
    }
}
