//! The processes that share a database: who is there, and until when that is certain.

use std::time::Duration;

use sqlx::FromRow;

use super::tx::Inner;
use super::{Postgres, Result, Store, Tx, answered, ask};
use crate::models::clock::Timestamp;

/// The most replicas that are looked at.
const MOST: i64 = 1000;

/// A process that is there, or was lately and did not say that it stopped.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct Replica {
    /// `rep_…`
    pub id: String,
    /// How many replicas it knew of, itself included.
    pub seen: i64,
    /// Whether something else than the database grants it what is limited.
    pub elsewhere: bool,
    /// When it was last heard of.
    pub renewed_at: Timestamp,
    /// When its lease ends, or ended.
    pub expires_at: Timestamp,
}

/// What a process says of itself when it renews its lease.
#[derive(Debug, Clone, Copy)]
pub struct Lease<'a> {
    /// `rep_…`
    pub replica: &'a str,
    /// How many replicas it knows of, itself included.
    pub seen: i64,
    /// Who grants it what is limited: `database`, `redis`.
    pub authority: &'a str,
    /// How long the lease lasts.
    pub lasts: Duration,
}

/// What the database says of its replicas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replicas {
    /// The database's time.
    pub now: Timestamp,
    /// All that were not released.
    pub known: Vec<Replica>,
}

const KNOWN: &str = "SELECT id, seen, authority <> 'database' AS elsewhere, renewed_at, expires_at FROM replicas \
     WHERE released_at IS NULL ORDER BY renewed_at DESC LIMIT $1";
const TIME: &str = "SELECT clock_timestamp()";

impl Store {
    /// Renews a lease, or takes it, and tells who else is there.
    ///
    /// `now` counts on SQLite only, whose clock is this machine's.
    pub async fn renew_lease(&self, lease: Lease<'_>, now: Timestamp) -> Result<Replicas> {
        const SQL: &str = "INSERT INTO replicas \
             (id, epoch, seen, renewed_at, expires_at, authority) \
             VALUES ($1, 1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET \
             epoch = CASE WHEN replicas.expires_at < $3 THEN replicas.epoch + 1 \
                 ELSE replicas.epoch END, \
             seen = $2, renewed_at = $3, expires_at = $4, authority = $5, released_at = NULL";
        let now = match self {
            Self::Sqlite(_) => now,
            Self::Postgres(db) => postgres_time(db).await?,
        };
        ask!(Store, self, |db| sqlx::query(SQL)
            .bind(lease.replica)
            .bind(lease.seen)
            .bind(now)
            .bind(now + lease.lasts)
            .bind(lease.authority)
            .execute(db.writer())
            .await
            .map(drop))?;
        let known = ask!(Store, self, |db| sqlx::query_as(KNOWN)
            .bind(MOST)
            .fetch_all(db.control())
            .await)?;
        Ok(Replicas { now, known })
    }

    /// Ends a lease: of a process that stops, or of one that is known to be gone.
    pub async fn release_lease(&self, id: &str, now: Timestamp) -> Result<()> {
        const SQL: &str = "UPDATE replicas SET released_at = $2 WHERE id = $1";
        ask!(Store, self, |db| sqlx::query(SQL)
            .bind(id)
            .bind(now)
            .execute(db.writer())
            .await
            .map(drop))
    }

    /// Forgets replicas that were last heard of before a moment.
    pub async fn forget_replicas(&self, before: Timestamp) -> Result<()> {
        const SQL: &str = "DELETE FROM replicas WHERE renewed_at < $1";
        ask!(Store, self, |db| sqlx::query(SQL)
            .bind(before)
            .execute(db.writer())
            .await
            .map(drop))
    }
}

impl Tx {
    /// Who is there, and what time it is: asked after rows are locked, it is the time at which they
    /// are changed.
    pub async fn replicas(&mut self, now: Timestamp) -> Result<Replicas> {
        let known = ask!(Inner, &mut self.inner, |tx| sqlx::query_as(KNOWN)
            .bind(MOST)
            .fetch_all(&mut **tx)
            .await)?;
        let now = match &mut self.inner {
            Inner::Sqlite(_) => now,
            Inner::Postgres(tx) => answered(sqlx::query_scalar(TIME).fetch_one(&mut **tx)).await?,
        };
        Ok(Replicas { now, known })
    }
}

async fn postgres_time(db: &Postgres) -> Result<Timestamp> {
    answered(sqlx::query_scalar(TIME).fetch_one(db.control())).await
}
