//! How far each journal has been recorded.

use super::tx::Inner;
use super::{Result, Store, Tx, ask};
use crate::models::clock::Timestamp;
use crate::models::usage::Cursor;

impl Store {
    /// How far a journal has been recorded.
    pub async fn journal_cursor(&self, replica: &str) -> Result<Option<Cursor>> {
        const SQL: &str = "SELECT segment, position FROM journal_cursor WHERE replica = $1";
        let row: Option<(i64, i64)> = ask!(Store, self, |db| sqlx::query_as(SQL)
            .bind(replica)
            .fetch_optional(db.control())
            .await)?;
        Ok(row.map(|(segment, position)| Cursor {
            segment: segment.unsigned_abs(),
            offset: position.unsigned_abs(),
        }))
    }

    /// Forgets a journal that is gone.
    pub async fn forget_journal(&self, replica: &str) -> Result<()> {
        const SQL: &str = "DELETE FROM journal_cursor WHERE replica = $1";
        ask!(Store, self, |db| sqlx::query(SQL)
            .bind(replica)
            .execute(db.writer())
            .await
            .map(drop))
    }
}

impl Tx {
    /// Says how far a journal has been recorded.
    pub(super) async fn move_cursor(
        &mut self,
        replica: &str,
        cursor: Cursor,
        now: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO journal_cursor (replica, segment, position, updated_at) \
             VALUES ($1, $2, $3, $4) ON CONFLICT (replica) DO UPDATE SET \
             segment = excluded.segment, position = excluded.position, \
             updated_at = excluded.updated_at";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(replica)
            .bind(i64::try_from(cursor.segment).unwrap_or(i64::MAX))
            .bind(i64::try_from(cursor.offset).unwrap_or(i64::MAX))
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))
    }
}
