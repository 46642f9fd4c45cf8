//! Many rows in few statements.
//!
//! PostgreSQL takes any number of rows as one array a column. SQLite has no arrays: it gets a
//! statement of a fixed number of rows, prepared once, as often as rows are left for it.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::models::clock::Timestamp;
use crate::store::{Result, Tx};

/// How many rows a statement of SQLite's takes, the largest first.
pub(super) const CHUNKS: [usize; 4] = [64, 16, 4, 1];

/// Rows that are written by the thousand. Implemented by [`bulk!`].
pub(super) trait Bulk: Sized {
    /// Writes the rows and gives how many were new or changed.
    async fn write(rows: &[Self], tx: &mut Tx) -> Result<usize>;
    /// Writes the rows and gives the ids of those that were new or changed.
    async fn write_returning(rows: &[Self], tx: &mut Tx) -> Result<Vec<String>>;
}

impl Tx {
    pub(super) async fn insert<T: Bulk>(&mut self, rows: &[T]) -> Result<usize> {
        T::write(rows, self).await
    }

    pub(super) async fn insert_returning<T: Bulk>(&mut self, rows: &[T]) -> Result<Vec<String>> {
        T::write_returning(rows, self).await
    }
}

/// A value as either driver takes it without a copy: SQLite's shares texts, PostgreSQL's borrows
/// them.
pub(super) trait Cell {
    type Sqlite;
    type Postgres<'a>
    where
        Self: 'a;

    fn shared(&self) -> Self::Sqlite;
    fn borrowed(&self) -> Self::Postgres<'_>;
}

impl Cell for Arc<str> {
    type Sqlite = Self;
    type Postgres<'a> = &'a str;

    fn shared(&self) -> Self {
        Self::clone(self)
    }

    fn borrowed(&self) -> &str {
        self
    }
}

impl Cell for Option<Arc<str>> {
    type Sqlite = Self;
    type Postgres<'a> = Option<&'a str>;

    fn shared(&self) -> Self {
        self.clone()
    }

    fn borrowed(&self) -> Option<&str> {
        self.as_deref()
    }
}

macro_rules! plain_cell {
    ($($type:ty),*) => {$(
        impl Cell for $type {
            type Sqlite = Self;
            type Postgres<'a> = Self;

            fn shared(&self) -> Self {
                *self
            }

            fn borrowed(&self) -> Self {
                *self
            }
        }
    )*};
}
plain_cell!(i64, Option<i64>, bool, Timestamp);

/// The SQL of a kind of row.
pub(super) struct Statement {
    pub(super) table: &'static str,
    pub(super) columns: &'static [&'static str],
    pub(super) conflict: &'static str,
    pub(super) id: &'static str,
}

impl Statement {
    /// For SQLite: so many rows of parameters.
    pub(super) fn values(&self, rows: usize, returning: bool) -> String {
        let mut sql = self.head();
        sql.push_str(" VALUES ");
        for row in 0..rows {
            sql.push_str(if row == 0 { "(" } else { ",(" });
            for column in 0..self.columns.len() {
                // Without names: SQLite finds each `$1` in a list of all, which is quadratic.
                sql.push_str(if column == 0 { "?" } else { ",?" });
            }
            sql.push(')');
        }
        self.tail(sql, returning)
    }

    /// For PostgreSQL: one array a column.
    pub(super) fn unnest(&self, returning: bool) -> String {
        const JSON: [&str; 5] = ["tags", "units", "prices", "flags", "trace"];
        let mut sql = self.head();
        sql.push_str(" SELECT ");
        for (at, column) in self.columns.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = if JSON.contains(column) {
                write!(sql, "{comma}CAST({column} AS JSONB)")
            } else {
                write!(sql, "{comma}{column}")
            };
        }
        sql.push_str(" FROM UNNEST(");
        for at in 1..=self.columns.len() {
            let comma = if at == 1 { "" } else { "," };
            let _ = write!(sql, "{comma}${at}");
        }
        let _ = write!(sql, ") AS rows ({})", self.columns.join(","));
        self.tail(sql, returning)
    }

    fn head(&self) -> String {
        format!("INSERT INTO {} ({})", self.table, self.columns.join(","))
    }

    fn tail(&self, mut sql: String, returning: bool) -> String {
        let _ = write!(sql, " {}", self.conflict);
        if returning {
            let _ = write!(sql, " RETURNING {}", self.id);
        }
        sql
    }
}

/// Implements [`Bulk`] for a struct whose fields are named as the columns are.
macro_rules! bulk {
    ($row:ty, $table:literal, $conflict:expr, $id:literal; $($column:ident),+ $(,)?) => {
        const STATEMENT: $crate::store::usage::bulk::Statement =
            $crate::store::usage::bulk::Statement {
                table: $table,
                columns: &[$(stringify!($column)),+],
                conflict: $conflict,
                id: $id,
            };
        // By chunk, without and with the ids; built once, so that the prepared statement is found
        // again by its text.
        static VALUES: std::sync::LazyLock<[[String; 4]; 2]> = std::sync::LazyLock::new(|| {
            [false, true].map(|returning| {
                $crate::store::usage::bulk::CHUNKS
                    .map(|chunk| STATEMENT.values(chunk, returning))
            })
        });
        static UNNEST: std::sync::LazyLock<[String; 2]> = std::sync::LazyLock::new(|| {
            [false, true].map(|returning| STATEMENT.unnest(returning))
        });

        impl $crate::store::usage::bulk::Bulk for $row {
            async fn write(
                rows: &[Self],
                tx: &mut $crate::store::Tx,
            ) -> $crate::store::Result<usize> {
                let mut done = 0;
                match &mut tx.inner {
                    $crate::store::tx::Inner::Sqlite(tx) => {
                        let mut rest = rows;
                        for (at, chunk) in
                            $crate::store::usage::bulk::CHUNKS.into_iter().enumerate()
                        {
                            while let Some((now, later)) = rest.split_at_checked(chunk) {
                                rest = later;
                                let mut query = sqlx::query(VALUES[0][at].as_str());
                                for row in now {
                                    $(query
                                        .try_bind($crate::store::usage::bulk::Cell::shared(&row.$column))
                                        .map_err(sqlx::Error::Encode)?;)+
                                }
                                done += query.execute(&mut **tx).await?.rows_affected();
                            }
                        }
                    }
                    $crate::store::tx::Inner::Postgres(tx) => {
                        let query = sqlx::query(UNNEST[0].as_str())
                            $(.bind(
                                rows.iter()
                                    .map(|row| $crate::store::usage::bulk::Cell::borrowed(&row.$column))
                                    .collect::<Vec<_>>(),
                            ))+;
                        done = query.execute(&mut **tx).await?.rows_affected();
                    }
                }
                Ok(usize::try_from(done).unwrap_or(usize::MAX))
            }

            async fn write_returning(
                rows: &[Self],
                tx: &mut $crate::store::Tx,
            ) -> $crate::store::Result<Vec<String>> {
                let mut ids: Vec<String> = Vec::new();
                match &mut tx.inner {
                    $crate::store::tx::Inner::Sqlite(tx) => {
                        let mut rest = rows;
                        for (at, chunk) in
                            $crate::store::usage::bulk::CHUNKS.into_iter().enumerate()
                        {
                            while let Some((now, later)) = rest.split_at_checked(chunk) {
                                rest = later;
                                let mut query = sqlx::query_scalar(VALUES[1][at].as_str());
                                for row in now {
                                    $(query = query
                                        .bind($crate::store::usage::bulk::Cell::shared(&row.$column));)+
                                }
                                ids.extend(query.fetch_all(&mut **tx).await?);
                            }
                        }
                    }
                    $crate::store::tx::Inner::Postgres(tx) => {
                        let query = sqlx::query_scalar(UNNEST[1].as_str())
                            $(.bind(
                                rows.iter()
                                    .map(|row| $crate::store::usage::bulk::Cell::borrowed(&row.$column))
                                    .collect::<Vec<_>>(),
                            ))+;
                        ids = query.fetch_all(&mut **tx).await?;
                    }
                }
                Ok(ids)
            }
        }
    };
}
pub(super) use bulk;
