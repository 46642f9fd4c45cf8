//! What was done by whom, for admins.

use poem_openapi::param::Query;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::api::extract::{Cursor, Member, moment, until};
use crate::api::payload::Answer;
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::api::types::Moment;
use crate::auth::Door;
use crate::store::{Acted, AuditFilter};

/// `/api/v1/audit`
#[derive(Clone)]
pub(in crate::api) struct Audit {
    pub(in crate::api) accounts: Door,
}

#[OpenApi(prefix_path = "/api/v1/audit", tag = "Tag::Operations")]
#[expect(
    clippy::too_many_arguments,
    reason = "each argument is a parameter of the query, documented where it is read"
)]
impl Audit {
    /// List what was done by whom
    ///
    /// Newest first. Entries are written together with what they tell of, and never change.
    #[oai(path = "/", method = "get", operation_id = "audit_list")]
    async fn list(
        &self,
        member: Member,
        /// From this date or moment on.
        from: Query<Option<String>>,
        /// Up to this date, itself included, or before this moment.
        to: Query<Option<String>>,
        /// Who did it: a user's id or address, `cli` or `setup`.
        actor: Query<Option<String>>,
        /// The id of what it was done to; the name of a provider or a model.
        subject: Query<Option<String>>,
        /// What was done, such as `key.create`.
        action: Query<Option<String>>,
        /// At most so many, 1 to 1000; 100 unless said.
        limit: Query<Option<String>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Answer<AuditPage>, Problem> {
        let page = Cursor::page(limit.0.as_deref(), cursor.0)?;
        let filter = AuditFilter {
            from: from.0.map(|text| moment("from", &text)).transpose()?,
            to: to.0.map(|text| until("to", &text)).transpose()?,
            actor: actor.0,
            subject: subject.0,
            action: action.0,
        };
        let accounts = self.accounts.by(&member.0);
        let page = accounts.list_audit(&filter, &page).await?;
        Ok(Answer(AuditPage {
            data: page.data.into_iter().map(EntryView::from).collect(),
            next_cursor: page.next_cursor,
        }))
    }
}

/// One act.
#[derive(Debug, Object)]
#[oai(rename = "AuditEntry")]
struct EntryView {
    /// `aud_…`
    id: String,
    /// When it was done.
    at: Moment,
    /// The id of who did it; null for whoever runs commands or sets up.
    #[oai(nullable)]
    actor_id: Option<String>,
    /// The address of who did it, or `cli`, or `setup`.
    actor: String,
    /// `api`, `cli` or `setup`.
    via: String,
    /// What was done, such as `key.create`.
    action: String,
    /// `user`, `key`, `team`, `provider` or `model`.
    subject_kind: String,
    /// The id of what it was done to; the name of a provider or a model.
    subject: String,
    /// What it was before, secrets masked; null: it was not there.
    #[oai(nullable)]
    before: Option<Value>,
    /// What it is since, secrets masked; null: it is gone.
    #[oai(nullable)]
    after: Option<Value>,
    /// The request's id.
    #[oai(nullable)]
    request_id: Option<String>,
    /// The address the request came from.
    #[oai(nullable)]
    address: Option<String>,
}

impl From<Acted> for EntryView {
    fn from(acted: Acted) -> Self {
        let Acted { entry, actor } = acted;
        Self {
            id: entry.id,
            at: entry.at.into(),
            actor_id: entry.actor_id,
            actor,
            via: entry.via.as_str().to_owned(),
            action: entry.action,
            subject_kind: entry.subject_kind,
            subject: entry.subject,
            before: entry.before,
            after: entry.after,
            request_id: entry.request_id,
            address: entry.address,
        }
    }
}

/// A page of acts.
#[derive(Debug, Object)]
struct AuditPage {
    /// The acts.
    data: Vec<EntryView>,
    /// `cursor` of the next page; null at the end.
    #[oai(nullable)]
    next_cursor: Option<String>,
}
