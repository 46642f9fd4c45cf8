//! What was done by whom: written with what it changed, or not at all.

use std::ops::{Deref, DerefMut};

use serde_json::Value;
use sqlx::types::Json;
use sqlx::{FromRow, QueryBuilder};

use super::tx::Inner;
use super::{Error, Result, Store, Tx, ask, is_impossible};
use crate::models::audit::Entry;
use crate::models::clock::Timestamp;

/// A writing transaction that changes what somebody answers for. It alone has the functions that
/// do, and commits only together with the entry that says who did what.
#[derive(Debug)]
pub struct Audited(Tx);

/// An entry, and what its actor is called now.
#[derive(Debug, Clone, PartialEq)]
pub struct Acted {
    /// The entry.
    pub entry: Entry,
    /// The address of who did it, or `cli`, or `setup`.
    pub actor: String,
}

/// Which entries are meant; `None` means any.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Before this moment.
    pub to: Option<Timestamp>,
    /// The id or the address of who did it, or `cli`, or `setup`.
    pub actor: Option<String>,
    /// The id of what it was done to.
    pub subject: Option<String>,
    /// What was done.
    pub action: Option<String>,
}

#[derive(FromRow)]
struct Row {
    id: String,
    at: Timestamp,
    actor_id: Option<String>,
    email: Option<String>,
    via: String,
    action: String,
    subject_kind: String,
    subject: String,
    before: Option<Json<Value>>,
    after: Option<Json<Value>>,
    request_id: Option<String>,
    address: Option<String>,
}

impl TryFrom<Row> for Acted {
    type Error = Error;

    fn try_from(row: Row) -> Result<Self> {
        let entry = Entry {
            id: row.id,
            at: row.at,
            actor_id: row.actor_id,
            via: row.via.parse().map_err(Error::corrupt)?,
            action: row.action,
            subject_kind: row.subject_kind,
            subject: row.subject,
            before: row.before.map(|before| before.0),
            after: row.after.map(|after| after.0),
            request_id: row.request_id,
            address: row.address,
        };
        Ok(Self {
            actor: row.email.unwrap_or(row.via),
            entry,
        })
    }
}

impl Store {
    /// Begins a transaction that changes what somebody answers for.
    pub async fn act(&self) -> Result<Audited> {
        self.write().await.map(Audited)
    }

    /// Entries by id, the newest first, before one.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Acted>> {
        const SQL: &str = "SELECT a.id, a.at, a.actor_id, u.email, a.via, a.action, \
             a.subject_kind, a.subject, a.before, a.after, a.request_id, a.address \
             FROM audit a LEFT JOIN users u ON u.id = a.actor_id WHERE a.id < ";
        /// Behind every id.
        const LAST: &str = "b";

        let texts = [&filter.actor, &filter.subject, &filter.action];
        if texts.into_iter().flatten().any(|text| is_impossible(text)) {
            return Ok(Vec::new());
        }
        let rows: Vec<Row> = ask!(Store, self, |db| {
            let mut query = QueryBuilder::new(SQL);
            query.push_bind(before.unwrap_or(LAST).to_owned());
            if let Some(from) = filter.from {
                query.push(" AND a.at >= ").push_bind(from);
            }
            if let Some(to) = filter.to {
                query.push(" AND a.at < ").push_bind(to);
            }
            if let Some(actor) = &filter.actor {
                query.push(" AND (a.actor_id IN (SELECT w.id FROM users w WHERE w.id = ");
                query.push_bind(actor.clone()).push(" OR w.email = ");
                query.push_bind(actor.to_lowercase());
                query.push(") OR (a.actor_id IS NULL AND a.via = ");
                query.push_bind(actor.clone()).push("))");
            }
            if let Some(subject) = &filter.subject {
                query.push(" AND a.subject = ").push_bind(subject.clone());
            }
            if let Some(action) = &filter.action {
                query.push(" AND a.action = ").push_bind(action.clone());
            }
            query.push(" ORDER BY a.id DESC LIMIT ");
            query.push_bind(i64::from(limit));
            query.build_query_as().fetch_all(db.reader()).await
        })?;
        rows.into_iter().map(Acted::try_from).collect()
    }
}

impl Audited {
    /// Makes all of it last, together with who did it.
    pub async fn commit(mut self, entry: &Entry) -> Result<()> {
        const SQL: &str = "INSERT INTO audit (id, at, actor_id, via, action, subject_kind, subject, \
             before, after, request_id, address) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        ask!(Inner, &mut self.0.inner, |tx| sqlx::query(SQL)
            .bind(&entry.id)
            .bind(entry.at)
            .bind(&entry.actor_id)
            .bind(entry.via.as_str())
            .bind(&entry.action)
            .bind(&entry.subject_kind)
            .bind(&entry.subject)
            .bind(entry.before.as_ref().map(Json))
            .bind(entry.after.as_ref().map(Json))
            .bind(&entry.request_id)
            .bind(&entry.address)
            .execute(&mut **tx)
            .await
            .map(drop))?;
        self.0.commit().await
    }

    /// Takes all of it back.
    pub async fn rollback(self) -> Result<()> {
        self.0.rollback().await
    }
}

impl Deref for Audited {
    type Target = Tx;

    fn deref(&self) -> &Tx {
        &self.0
    }
}

impl DerefMut for Audited {
    fn deref_mut(&mut self) -> &mut Tx {
        &mut self.0
    }
}
