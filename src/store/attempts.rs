//! Wrong tries to sign in.

use super::tx::Inner;
use super::{Result, Store, Tx, ask};
use crate::models::clock::Timestamp;

/// The wrong tries at one subject since the first that still counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How many.
    pub failures: i64,
    /// When the first of them was.
    pub first_at: Timestamp,
}

impl Store {
    /// The wrong tries at a subject whose first was after `since`.
    pub async fn attempts(&self, subject: &str, since: Timestamp) -> Result<Option<Attempts>> {
        const SQL: &str = "SELECT failures, first_at FROM login_attempts \
             WHERE subject = $1 AND first_at > $2";
        let row: Option<(i64, Timestamp)> = ask!(Store, self, |db| sqlx::query_as(SQL)
            .bind(subject)
            .bind(since)
            .fetch_optional(db.reader())
            .await)?;
        Ok(row.map(|(failures, first_at)| Attempts { failures, first_at }))
    }
}

impl Tx {
    /// Counts a wrong try; a count whose first was not after `since` starts anew.
    pub async fn count_attempt(
        &mut self,
        subject: &str,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO login_attempts (subject, failures, first_at) \
             VALUES ($1, 1, $2) ON CONFLICT (subject) DO UPDATE SET \
             failures = CASE WHEN login_attempts.first_at > $3 \
                 THEN login_attempts.failures + 1 ELSE 1 END, \
             first_at = CASE WHEN login_attempts.first_at > $3 \
                 THEN login_attempts.first_at ELSE $2 END";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(subject)
            .bind(now)
            .bind(since)
            .execute(&mut **tx)
            .await
            .map(drop))
    }

    /// Forgets the wrong tries at a subject.
    pub async fn clear_attempts(&mut self, subject: &str) -> Result<()> {
        const SQL: &str = "DELETE FROM login_attempts WHERE subject = $1";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(subject)
            .execute(&mut **tx)
            .await
            .map(drop))
    }
}
