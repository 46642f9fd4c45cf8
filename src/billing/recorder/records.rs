//! What the recorder wants of the database.

use std::future::Future;

use crate::models::clock::Timestamp;
use crate::models::usage::{Cursor, Record};
use crate::store::{self, Store};

/// Why something was not recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The database is away: the same may work later.
    #[error("{0}")]
    Away(String),
    /// The database does not take these records.
    #[error("{0}")]
    Refused(String),
}

/// Where records go.
pub trait Records: Send + Sync + 'static {
    /// Up to where a journal is recorded.
    fn cursor(&self, replica: &str)
    -> impl Future<Output = Result<Option<Cursor>, Trouble>> + Send;

    /// Records calls, each once however often it is sent, and the place after them, or nothing.
    fn record(
        &self,
        replica: &str,
        cursor: Cursor,
        records: &[Record],
    ) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Forgets the place in a journal that is gone.
    fn forget(&self, replica: &str) -> impl Future<Output = Result<(), Trouble>> + Send;

    /// Says of a process that it is gone and uses nothing any more of what it was granted.
    fn release(
        &self,
        replica: &str,
        now: Timestamp,
    ) -> impl Future<Output = Result<(), Trouble>> + Send;
}

impl Records for Store {
    async fn cursor(&self, replica: &str) -> Result<Option<Cursor>, Trouble> {
        Ok(self.journal_cursor(replica).await?)
    }

    async fn record(
        &self,
        replica: &str,
        cursor: Cursor,
        records: &[Record],
    ) -> Result<(), Trouble> {
        self.record_batch(replica, cursor, records).await?;
        Ok(())
    }

    async fn forget(&self, replica: &str) -> Result<(), Trouble> {
        Ok(self.forget_journal(replica).await?)
    }

    async fn release(&self, replica: &str, now: Timestamp) -> Result<(), Trouble> {
        Ok(self.release_lease(replica, now).await?)
    }
}

impl From<store::Error> for Trouble {
    fn from(error: store::Error) -> Self {
        let message = error.to_string();
        if error.is_unavailable() {
            Self::Away(message)
        } else {
            Self::Refused(message)
        }
    }
}
