//! What was done to people, keys, teams and offers, by whom.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::clock::Timestamp;
use super::user::words;

/// The way by which somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// The admin API, or the UI, which calls it.
    Api,
    /// A command on a machine that reaches the database.
    Cli,
    /// The first start, or its set-up link.
    Setup,
}

words!(Via { Api = "api", Cli = "cli", Setup = "setup" });

/// One act. Written with what it changed in one transaction, never changed, never deleted: so names
/// and mail addresses of people, who may be deleted, are masked in it, and who did it is an id. What
/// stays of them is where they acted from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// `aud_…`
    pub id: String,
    /// When it was done.
    pub at: Timestamp,
    /// The `usr_…` who did it; `None` for whoever runs commands or sets up.
    pub actor_id: Option<String>,
    /// By which way.
    pub via: Via,
    /// What was done: `key.create`, `team.update`, …
    pub action: String,
    /// The kind of what it was done to: `key`, `team`, …
    pub subject_kind: String,
    /// The id of what it was done to; the name, where that is the id.
    pub subject: String,
    /// What it was before, secrets masked; `None`: it was not there.
    pub before: Option<Value>,
    /// What it is since, secrets masked; `None`: it is gone.
    pub after: Option<Value>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The address on the network that the request came from.
    pub address: Option<String>,
}
