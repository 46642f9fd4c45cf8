//! Generated secrets that several processes share.

use super::tx::Inner;
use super::{Result, Store, ask};
use crate::models::clock::Timestamp;

impl Store {
    /// The secret of a name: `fresh` unless one was kept before, whoever was first.
    pub async fn secret_or(&self, name: &str, fresh: &str, now: Timestamp) -> Result<String> {
        const KEEP: &str = "INSERT INTO secrets (name, value, created_at) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO NOTHING";
        const READ: &str = "SELECT value FROM secrets WHERE name = $1";

        let kept: Option<String> = ask!(Store, self, |db| sqlx::query_scalar(READ)
            .bind(name)
            .fetch_optional(db.control())
            .await)?;
        if let Some(kept) = kept {
            return Ok(kept);
        }
        let mut tx = self.write().await?;
        ask!(Inner, &mut tx.inner, |tx| sqlx::query(KEEP)
            .bind(name)
            .bind(fresh)
            .bind(now)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        tx.commit().await?;
        ask!(Store, self, |db| sqlx::query_scalar(READ)
            .bind(name)
            .fetch_one(db.control())
            .await)
    }
}
