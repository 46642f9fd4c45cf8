//! What counts of limits: a row for each scope, read and written under a lock.

use sqlx::FromRow;

use super::tx::Inner;
use super::{Error, Result, Store, Tx, ask};
use crate::models::clock::Timestamp;

/// The meters of one scope, as their owner wrote them.
#[derive(Debug, Clone, PartialEq, Eq, FromRow)]
pub struct MeterRow {
    /// `key:key_…`
    pub id: String,
    /// JSON.
    pub state: String,
}

/// What a scope has of which nothing is known.
const FRESH: &str = "{}";

impl Store {
    /// Begins a transaction that has the meters of these scopes to itself. They are locked in the
    /// order of their ids, so that two processes never wait for each other. Every scope has a row.
    pub async fn meters(&self, ids: &[&str], now: Timestamp) -> Result<(Tx, Vec<MeterRow>)> {
        let mut tx = self.write().await?;
        let found = tx.lock_meters(ids).await?;
        if found.len() == ids.len() {
            return Ok((tx, found));
        }
        // Made in a transaction of its own: within this one they would be locked out of order.
        tx.rollback().await?;
        let mut tx = self.write().await?;
        tx.make_meters(ids, now).await?;
        tx.commit().await?;
        let mut tx = self.write().await?;
        let found = tx.lock_meters(ids).await?;
        Ok((tx, found))
    }

    /// The meters of these scopes, as they are for the moment.
    pub async fn look_at_meters(&self, ids: &[&str]) -> Result<Vec<MeterRow>> {
        const POSTGRES: &str = "SELECT id, state FROM meters WHERE id = ANY($1)";
        const SQLITE: &str = "SELECT id, state FROM meters WHERE id = $1";
        // SQLite has no arrays, and a statement costs it no round trip.
        match self {
            Self::Postgres(db) => Ok(sqlx::query_as(POSTGRES)
                .bind(ids)
                .fetch_all(db.reader())
                .await?),
            Self::Sqlite(db) => {
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids {
                    let row = sqlx::query_as(SQLITE).bind(*id);
                    rows.extend(row.fetch_optional(db.reader()).await?);
                }
                Ok(rows)
            }
        }
    }

    /// Deletes meters that nobody used for longer than their windows are.
    pub async fn forget_meters(&self, before: Timestamp) -> Result<()> {
        const SQL: &str = "DELETE FROM meters WHERE id IN \
             (SELECT id FROM meters WHERE updated_at < $1 LIMIT 10000)";
        let mut tx = self.write().await?;
        ask!(Inner, &mut tx.inner, |tx| sqlx::query(SQL)
            .bind(before)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        tx.commit().await
    }
}

impl Tx {
    async fn lock_meters(&mut self, ids: &[&str]) -> Result<Vec<MeterRow>> {
        const POSTGRES: &str =
            "SELECT id, state FROM meters WHERE id = ANY($1) ORDER BY id FOR UPDATE";
        const SQLITE: &str = "SELECT id, state FROM meters WHERE id = $1";
        // SQLite has let this one transaction in already, and has no arrays.
        match &mut self.inner {
            Inner::Postgres(tx) => Ok(sqlx::query_as(POSTGRES)
                .bind(ids)
                .fetch_all(&mut **tx)
                .await?),
            Inner::Sqlite(tx) => {
                let mut rows = Vec::with_capacity(ids.len());
                for id in ids {
                    let row = sqlx::query_as(SQLITE).bind(*id);
                    rows.extend(row.fetch_optional(&mut **tx).await?);
                }
                Ok(rows)
            }
        }
    }

    async fn make_meters(&mut self, ids: &[&str], now: Timestamp) -> Result<()> {
        const SQL: &str = "INSERT INTO meters (id, state, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (id) DO NOTHING";
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        for id in ids {
            ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
                .bind(id)
                .bind(FRESH)
                .bind(now)
                .execute(&mut **tx)
                .await
                .map(drop))?;
        }
        Ok(())
    }

    /// Writes meters that this transaction has to itself.
    pub async fn write_meters(&mut self, rows: &[MeterRow], now: Timestamp) -> Result<()> {
        const POSTGRES: &str = "UPDATE meters SET state = written.state, updated_at = $3 \
             FROM UNNEST($1, $2) AS written (id, state) WHERE meters.id = written.id";
        const SQLITE: &str = "UPDATE meters SET state = $2, updated_at = $3 WHERE id = $1";
        // One round trip on PostgreSQL; SQLite has no arrays.
        match &mut self.inner {
            Inner::Postgres(tx) => {
                let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
                let states: Vec<&str> = rows.iter().map(|row| row.state.as_str()).collect();
                sqlx::query(POSTGRES)
                    .bind(ids)
                    .bind(states)
                    .bind(now)
                    .execute(&mut **tx)
                    .await
                    .map(drop)
            }
            Inner::Sqlite(tx) => {
                let mut done = Ok(());
                for row in rows {
                    let write = sqlx::query(SQLITE).bind(&row.id).bind(&row.state).bind(now);
                    done = write.execute(&mut **tx).await.map(drop);
                    if done.is_err() {
                        break;
                    }
                }
                done
            }
        }
        .map_err(Error::from)
    }
}
