//! Bringing the schema to where this program expects it.
//!
//! Each migration opens with `-- compatible_from: N`: a program that knows schema N or a later
//! one can run on the result. A program that finds migrations it does not know starts all the
//! same, unless one of them asks for a later program than it is.

use std::time::Duration;

use sqlx::FromRow;
use sqlx::migrate::{Migration, Migrator};

use super::tx::Inner;
use super::{Error, Store, Tx, ask};
use crate::models::clock::{Clock, Timestamp};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// How long a locked SQLite file is tried again: others may be migrating it.
const PATIENCE: Duration = Duration::from_mins(1);

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
    Unavailable(#[source] Error),
    /// The schema was made by a newer program and no longer suits this one.
    #[error(
        "the database schema is at version {schema} and needs a manti that knows version {needs}, \
         this one knows {knows}: upgrade manti"
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
    #[error("migration {0} was applied with another text than this manti has")]
    Changed(i64),
    /// A migration failed; the schema is as before it.
    #[error("migration {version} failed: {source}")]
    Failed {
        /// Its number.
        version: i64,
        /// Why.
        source: Error,
    },
    /// A fault of ours.
    #[error("the schema cannot be read")]
    Internal(#[source] Error),
}

impl From<Error> for MigrateError {
    fn from(error: Error) -> Self {
        if error.is_unavailable() {
            Self::Unavailable(error)
        } else {
            Self::Internal(error)
        }
    }
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Error::from(error).into()
    }
}

#[derive(FromRow)]
struct Applied {
    version: i64,
    name: String,
    checksum: String,
    compatible_from: i64,
    #[sqlx(rename = "applied_at")]
    at: Timestamp,
}

impl Store {
    /// Applies what is pending, under a lock, and gives what this call applied.
    ///
    /// Of several processes one applies and the others wait for it.
    pub async fn migrate(&self) -> Result<Vec<Version>, MigrateError> {
        self.migrate_with(self.migrator()).await
    }

    /// All migrations, oldest first: those applied, also ones that only a newer program knows,
    /// and those pending with what they would run.
    pub async fn schema(&self) -> Result<Vec<Version>, MigrateError> {
        let migrator = self.migrator();
        let applied = self.applied().await?;
        let mut all: Vec<Version> = pending(migrator, &applied).map(version).collect();
        for row in applied {
            all.push(Version {
                version: row.version,
                name: row.name,
                compatible_from: row.compatible_from,
                applied_at: Some(row.at),
                sql: None,
            });
        }
        all.sort_by_key(|version| version.version);
        Ok(all)
    }

    fn migrator(&self) -> &'static Migrator {
        match self {
            Self::Sqlite(_) => &SQLITE,
            Self::Postgres(_) => &POSTGRES,
        }
    }

    async fn migrate_with(
        &self,
        migrator: &'static Migrator,
    ) -> Result<Vec<Version>, MigrateError> {
        let clock = Clock::system();
        let started = clock.instant();
        let mut done = Vec::new();
        loop {
            match self.step(migrator, &clock).await {
                Ok(Some(applied)) => done.push(applied),
                Ok(None) => break,
                // Another process holds the file, perhaps to migrate it; a server that is away
                // is the caller's to wait for.
                Err(MigrateError::Unavailable(error)) => {
                    let waits =
                        matches!(self, Self::Sqlite(_)) && clock.instant() - started < PATIENCE;
                    if !waits {
                        return Err(MigrateError::Unavailable(error));
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(error) => return Err(error),
            }
        }
        self.prepare_partitions(clock.now()).await?;
        Ok(done)
    }

    /// Applies the next migration, if there is one.
    async fn step(
        &self,
        migrator: &'static Migrator,
        clock: &Clock,
    ) -> Result<Option<Version>, MigrateError> {
        // Without a lock first: at most starts there is nothing to do.
        let applied = self.applied().await?;
        check(migrator, &applied)?;
        if pending(migrator, &applied).next().is_none() {
            return Ok(None);
        }
        let mut tx = self.write().await?;
        tx.lock_schema().await?;
        let applied = tx.applied().await?;
        check(migrator, &applied)?;
        let Some(migration) = pending(migrator, &applied).next() else {
            return Ok(None);
        };
        let version = tx.apply(migration, clock.now()).await?;
        tx.commit().await?;
        Ok(Some(version))
    }

    async fn applied(&self) -> Result<Vec<Applied>, MigrateError> {
        // The engines keep their own lists of tables.
        let there: bool = match self {
            Self::Sqlite(db) => {
                const SQL: &str =
                    "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations')";
                sqlx::query_scalar(SQL).fetch_one(db.reader()).await?
            }
            Self::Postgres(db) => {
                const SQL: &str = "SELECT to_regclass('schema_migrations') IS NOT NULL";
                sqlx::query_scalar(SQL).fetch_one(db.reader()).await?
            }
        };
        if !there {
            return Ok(Vec::new());
        }
        Ok(ask!(Store, self, |db| sqlx::query_as(APPLIED)
            .fetch_all(db.reader())
            .await)?)
    }
}

const APPLIED: &str = "SELECT version, name, checksum, compatible_from, applied_at \
     FROM schema_migrations ORDER BY version";

impl Tx {
    /// Waits until no other process migrates, and makes the table that keeps count.
    async fn lock_schema(&mut self) -> Result<(), MigrateError> {
        match &mut self.inner {
            // The transaction holds the write lock of the whole file already.
            Inner::Sqlite(tx) => {
                const SQL: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (\
                     version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
                     checksum TEXT NOT NULL, compatible_from INTEGER NOT NULL, \
                     applied_at TEXT NOT NULL, applied_by TEXT NOT NULL) STRICT";
                sqlx::raw_sql(SQL).execute(&mut **tx).await?;
            }
            Inner::Postgres(tx) => {
                const SQL: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                     SELECT pg_advisory_xact_lock(hashtext('manti'), hashtext('schema')); \
                     CREATE TABLE IF NOT EXISTS schema_migrations (\
                     version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, \
                     checksum TEXT NOT NULL, compatible_from BIGINT NOT NULL, \
                     applied_at TIMESTAMPTZ NOT NULL, applied_by TEXT NOT NULL)";
                sqlx::raw_sql(SQL).execute(&mut **tx).await?;
            }
        }
        Ok(())
    }

    async fn applied(&mut self) -> Result<Vec<Applied>, MigrateError> {
        Ok(ask!(Inner, &mut self.inner, |tx| sqlx::query_as(APPLIED)
            .fetch_all(&mut **tx)
            .await)?)
    }

    async fn apply(
        &mut self,
        migration: &'static Migration,
        now: Timestamp,
    ) -> Result<Version, MigrateError> {
        const COUNT: &str = "INSERT INTO schema_migrations \
             (version, name, checksum, compatible_from, applied_at, applied_by) \
             VALUES ($1, $2, $3, $4, $5, $6)";
        // However long it takes.
        let ran = match &mut self.inner {
            Inner::Sqlite(tx) => {
                let sql = sqlx::raw_sql(migration.sql.clone());
                sql.execute(&mut **tx).await.map(drop)
            }
            Inner::Postgres(tx) => {
                let sql = sqlx::raw_sql(migration.sql.clone());
                sql.execute(&mut **tx).await.map(drop)
            }
        };
        ran.map_err(|error| match Error::from(error) {
            away @ Error::Unavailable(_) => MigrateError::Unavailable(away),
            source => MigrateError::Failed {
                version: migration.version,
                source,
            },
        })?;
        let version = version(migration);
        ask!(Inner, &mut self.inner, |tx| sqlx::query(COUNT)
            .bind(version.version)
            .bind(&version.name)
            .bind(checksum(migration))
            .bind(version.compatible_from)
            .bind(now)
            .bind(env!("CARGO_PKG_VERSION"))
            .execute(&mut **tx)
            .await
            .map(drop))?;
        Ok(Version {
            applied_at: Some(now),
            sql: None,
            ..version
        })
    }
}

fn pending<'a>(
    migrator: &'static Migrator,
    applied: &'a [Applied],
) -> impl Iterator<Item = &'static Migration> + use<'a> {
    migrator
        .iter()
        .filter(|migration| applied.iter().all(|row| row.version != migration.version))
}

/// Refuses a schema that this program must not touch.
fn check(migrator: &Migrator, applied: &[Applied]) -> Result<(), MigrateError> {
    let newest = migrator.iter().map(|m| m.version).max().unwrap_or(0);
    for row in applied {
        let ours = migrator.iter().find(|m| m.version == row.version);
        if ours.is_some_and(|ours| checksum(ours) != row.checksum) {
            return Err(MigrateError::Changed(row.version));
        }
        if ours.is_none() && row.compatible_from > newest {
            return Err(MigrateError::TooNew {
                schema: applied.iter().map(|row| row.version).max().unwrap_or(0),
                needs: row.compatible_from,
                knows: newest,
            });
        }
    }
    Ok(())
}

fn version(migration: &'static Migration) -> Version {
    Version {
        version: migration.version,
        name: migration.description.to_string(),
        compatible_from: compatible_from(migration.sql.as_str()).unwrap_or(migration.version),
        applied_at: None,
        sql: Some(migration.sql.as_str()),
    }
}

/// What the first line of a migration states.
fn compatible_from(sql: &str) -> Option<i64> {
    let line = sql.lines().next()?;
    line.strip_prefix("-- compatible_from:")?
        .trim()
        .parse()
        .ok()
}

fn checksum(migration: &Migration) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(migration.checksum.len() * 2);
    for byte in &*migration.checksum {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_engines_have_the_same_migrations() {
        let names = |migrator: &'static Migrator| -> Vec<(i64, String)> {
            let named = migrator
                .iter()
                .map(|m| (m.version, m.description.to_string()));
            named.collect()
        };
        assert_eq!(names(&SQLITE), names(&POSTGRES));
        assert!(!names(&SQLITE).is_empty());
    }

    #[test]
    fn every_migration_states_who_can_run_on_it() {
        for migration in SQLITE.iter().chain(POSTGRES.iter()) {
            let from = compatible_from(migration.sql.as_str());
            let numbered = 1..=migration.version;
            assert!(
                from.is_some_and(|from| numbered.contains(&from)),
                "{}: {from:?}",
                migration.version
            );
            assert!(
                !migration.no_tx,
                "{}: not in a transaction",
                migration.version
            );
        }
    }
}
