//! Who did what.

use serde::Serialize;
use serde_json::Value;

use super::{AccountError, Accounts, check};
use crate::auth::policy::Act;
use crate::models::api_key::ApiKey;
use crate::models::audit::Entry;
use crate::models::page::{Page, Request};
use crate::models::team::{Member, Team};
use crate::models::user::User;
use crate::store::{Acted, AuditFilter};

/// What is kept of something in the log. Whoever it names may be deleted, the log may not: so
/// addresses and names of people are masked there as secrets are.
pub(super) trait Kept {
    /// As it is kept.
    fn kept(&self) -> Value;
}

/// A thing without some fields, and with others masked.
fn without(thing: &impl Serialize, left_out: &[&str], masked: &[&str]) -> Value {
    let mut value = serde_json::to_value(thing).unwrap_or_default();
    if let Value::Object(fields) = &mut value {
        fields.retain(|name, _| !left_out.contains(&name.as_str()));
        for name in masked {
            if let Some(Value::String(text)) = fields.get_mut(*name) {
                *text = mask(text);
            }
        }
    }
    value
}

/// `a***@example.com`; of what is no address, nothing.
fn mask(text: &str) -> String {
    match (text.chars().next(), text.rsplit_once('@')) {
        (Some(first), Some((_, domain))) => format!("{first}***@{domain}"),
        (Some(_), None) => "***".to_owned(),
        (None, _) => String::new(),
    }
}

impl Kept for User {
    fn kept(&self) -> Value {
        without(self, &[], &["email", "name"])
    }
}

impl Kept for ApiKey {
    fn kept(&self) -> Value {
        without(self, &["user"], &["name"])
    }
}

impl Kept for Team {
    fn kept(&self) -> Value {
        without(self, &[], &[])
    }
}

impl Kept for Member {
    fn kept(&self) -> Value {
        without(self, &["user", "name"], &[])
    }
}

/// What something was, and what it is.
pub(super) struct Turned {
    before: Option<Value>,
    after: Option<Value>,
}

impl Turned {
    /// It was not there before.
    pub(super) fn made(after: &impl Kept) -> Self {
        Self {
            before: None,
            after: Some(after.kept()),
        }
    }

    /// It was this, and is that.
    pub(super) fn changed(before: &impl Kept, after: &impl Kept) -> Self {
        Self {
            before: Some(before.kept()),
            after: Some(after.kept()),
        }
    }

    /// It is there no more.
    pub(super) fn gone(before: &impl Kept) -> Self {
        Self {
            before: Some(before.kept()),
            after: None,
        }
    }
}

impl Accounts {
    /// The entry for what the actor does to something of an id.
    pub(super) fn did(&self, action: &'static str, id: &str, turned: Turned) -> Entry {
        let Turned { before, after } = turned;
        self.by.did(action, id, (before, after), self.now())
    }

    /// What was done by whom, the newest first.
    pub async fn list_audit(
        &self,
        filter: &AuditFilter,
        page: &Request,
    ) -> Result<Page<Acted>, AccountError> {
        self.permit(&Act::SeeAudit, "audit log")?;
        let before = match page.cursor.as_deref() {
            None => None,
            Some(id) if id.len() <= 64 && id.starts_with("aud_") && !id.contains('\0') => Some(id),
            Some(_) => return Err(check::invalid("cursor", "is not one that a list gave")),
        };
        let rows = self.store.audit(filter, before, page.rows() + 1).await?;
        Ok(super::paged(rows, page, |acted| &acted.entry.id))
    }
}
