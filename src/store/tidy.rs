//! Housekeeping: what has had its time goes, what will be needed is made.

use super::tx::Inner;
use super::{Error, Result, Store, ask};
use crate::models::clock::Timestamp;

impl Store {
    /// Deletes what expired and makes the partitions of the months to come. Any process may do it
    /// at any time; a second one finds nothing to do.
    pub async fn tidy(&self, now: Timestamp) -> Result<()> {
        const EXPIRED: [&str; 3] = [
            "DELETE FROM sessions WHERE id IN \
             (SELECT id FROM sessions WHERE expires_at < $1 LIMIT 10000)",
            "DELETE FROM login_attempts WHERE subject IN \
             (SELECT subject FROM login_attempts WHERE first_at < $1 LIMIT 10000)",
            "DELETE FROM setup_tokens WHERE expires_at < $1",
        ];
        let mut tx = self.write().await?;
        let before = now - chrono::Duration::hours(1);
        for sql in EXPIRED {
            ask!(Inner, &mut tx.inner, |tx| sqlx::query(sql)
                .bind(before)
                .execute(&mut **tx)
                .await
                .map(drop))?;
        }
        tx.commit().await?;
        // Longer than the longest window, and than any `database.grace`.
        self.forget_meters(now - chrono::Duration::hours(26))
            .await?;
        self.forget_replicas(now - chrono::Duration::days(31))
            .await?;
        self.prepare_partitions(now).await
    }

    /// PostgreSQL: makes the usage partitions of this month and the two after it.
    pub async fn prepare_partitions(&self, now: Timestamp) -> Result<()> {
        const SQL: &str = "SELECT usage_partition($1)";
        let Self::Postgres(db) = self else {
            // SQLite has one table: its files are small enough to be copied whole.
            return Ok(());
        };
        for ahead in 0..3 {
            let month = now.date_naive() + chrono::Months::new(ahead);
            sqlx::query(SQL)
                .bind(month)
                .execute(db.writer())
                .await
                .map_err(Error::from)?;
        }
        Ok(())
    }
}
