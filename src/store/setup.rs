//! The tokens of set-up links.

use super::tx::Inner;
use super::{Result, Store, Tx, ask};
use crate::models::clock::Timestamp;

const KNOWS: &str = "SELECT EXISTS \
     (SELECT 1 FROM setup_tokens WHERE digest = $1 AND expires_at > $2)";

impl Store {
    /// Whether a token is good now.
    pub async fn knows_setup_token(&self, digest: &str, now: Timestamp) -> Result<bool> {
        ask!(Store, self, |db| sqlx::query_scalar(KNOWS)
            .bind(digest)
            .bind(now)
            .fetch_one(db.reader())
            .await)
    }
}

impl Tx {
    /// Holds back every other transaction that does the same until this one has ended.
    pub async fn one_at_a_time(&mut self) -> Result<()> {
        const SQL: &str = "UPDATE change_version SET version = version";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .execute(&mut **tx)
            .await
            .map(drop))
    }

    /// Keeps a token's digest until it expires.
    pub async fn add_setup_token(
        &mut self,
        digest: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<()> {
        const SQL: &str = "INSERT INTO setup_tokens (digest, created_at, expires_at) \
             VALUES ($1, $2, $3)";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .bind(digest)
            .bind(now)
            .bind(expires_at)
            .execute(&mut **tx)
            .await
            .map(drop))
    }

    /// As [`Store::knows_setup_token`], within the transaction.
    pub async fn knows_setup_token(&mut self, digest: &str, now: Timestamp) -> Result<bool> {
        ask!(Inner, &mut self.inner, |tx| sqlx::query_scalar(KNOWS)
            .bind(digest)
            .bind(now)
            .fetch_one(&mut **tx)
            .await)
    }

    /// Forgets all set-up tokens: there is an admin now.
    pub async fn clear_setup_tokens(&mut self) -> Result<()> {
        const SQL: &str = "DELETE FROM setup_tokens";
        ask!(Inner, &mut self.inner, |tx| sqlx::query(SQL)
            .execute(&mut **tx)
            .await
            .map(drop))
    }
}
