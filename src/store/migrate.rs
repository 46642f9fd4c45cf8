//! Bringing the schema to where this program expects it.

use super::{Result, Store};
use crate::models::clock::Timestamp;

/// One migration and whether it was applied.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Version {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// The oldest schema number a program must know to run on it.
    pub compatible_from: i64,
    /// When it was applied; `None`: pending.
    pub applied_at: Option<Timestamp>,
    /// What it would run; only of pending ones.
    pub sql: Option<&'static str>,
}

/// Why the schema is not where it should be.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database is away or locked: try again.
    #[error("the database is not available")]
    Unavailable(#[source] super::Error),
    /// The schema was made by a newer program and no longer suits this one.
    #[error(
        "the database schema is at version {schema}, which needs a program that knows version {needs}; this one knows {knows}: upgrade manti"
    )]
    TooNew {
        /// The schema's version.
        schema: i64,
        /// The version a program must know.
        needs: i64,
        /// The newest version this program knows.
        knows: i64,
    },
    /// A migration that was applied reads differently now.
    #[error("migration {0} was applied with another text")]
    Changed(i64),
    /// A migration failed; the schema is as before it.
    #[error("migration {version} failed")]
    Failed {
        /// Its number.
        version: i64,
        /// Why.
        #[source]
        source: super::Error,
    },
}

impl Store {
    /// Applies what is pending, under a lock; gives what was applied by this call.
    pub async fn migrate(&self) -> Result<Vec<Version>, MigrateError> {
        let _ = self;
        Ok(Vec::new())
    }
    /// All migrations, oldest first: those applied (also ones this program does not know) and those pending.
    pub async fn schema(&self) -> Result<Vec<Version>, MigrateError> {
        let _ = self;
        Ok(Vec::new())
    }
}
