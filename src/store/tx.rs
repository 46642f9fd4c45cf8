//! One writing transaction.

use super::changes::{self, Change, Kind};
use super::{Result, Store, answered, ask};

/// A writing transaction; rolled back unless [`Tx::commit`] is reached.
///
/// SQLite lets one writer in at a time. A transaction that changed people or keys names what it
/// changed, and every process learns of it from the same commit.
#[derive(Debug)]
pub struct Tx {
    pub(super) inner: Inner,
    noted: Vec<Change>,
}

#[derive(Debug)]
pub(super) enum Inner {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Store {
    /// Begins a writing transaction.
    pub async fn write(&self) -> Result<Tx> {
        let begun = async {
            Ok(match self {
                // IMMEDIATE takes the write lock now: a later upgrade could fail after reads.
                Self::Sqlite(db) => Inner::Sqlite(db.writer().begin_with("BEGIN IMMEDIATE").await?),
                Self::Postgres(db) => Inner::Postgres(db.writer().begin().await?),
            })
        };
        let inner = answered(begun).await?;
        Ok(Tx {
            inner,
            noted: Vec::new(),
        })
    }
}

impl Tx {
    /// Makes all of it last, and known to every process when something was noted.
    pub async fn commit(mut self) -> Result<()> {
        if !self.noted.is_empty() {
            let noted = std::mem::take(&mut self.noted);
            changes::record(&mut self, &noted).await?;
        }
        ask!(Inner, self.inner, |tx| tx.commit().await)
    }

    /// Takes all of it back.
    pub async fn rollback(self) -> Result<()> {
        ask!(Inner, self.inner, |tx| tx.rollback().await)
    }

    /// What a query ends with whose row nobody else shall change until the end.
    pub(super) fn lock(&self) -> &'static str {
        match self.inner {
            // It has one writer at a time anyway.
            Inner::Sqlite(_) => "",
            Inner::Postgres(_) => " FOR UPDATE",
        }
    }

    /// Names something that caches hold and that this transaction changed.
    pub fn note(&mut self, kind: Kind, id: &str) {
        let change = Change {
            kind,
            id: id.to_owned(),
        };
        if !self.noted.contains(&change) {
            self.noted.push(change);
        }
    }
}
