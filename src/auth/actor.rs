//! Who acts: on whom the policy decides, and whom the audit log names.

use std::net::IpAddr;
use std::sync::Arc;

use serde_json::Value;

use super::policy::{Act, Verdict, decide};
use crate::models::audit::{Entry, Via};
use crate::models::clock::Timestamp;
use crate::models::id;
use crate::models::team::{self, Membership};
use crate::models::user::Role;

/// Somebody who sees or changes people, keys, teams or offers.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Who it is.
    pub who: Who,
    /// How they came here.
    pub origin: Origin,
}

/// Who it is.
#[derive(Debug, Clone)]
pub enum Who {
    /// Whoever runs commands on a machine that reaches the database, or starts the first server.
    Operator,
    /// A user.
    User(Person),
}

/// A user who acts.
#[derive(Debug, Clone)]
pub struct Person {
    /// `usr_…`
    pub id: Arc<str>,
    /// Their address.
    pub email: Arc<str>,
    /// What they may do everywhere.
    pub role: Role,
    /// What they may do in their teams.
    pub teams: Vec<Membership>,
    /// What they came with.
    pub with: Credential,
}

/// What a user came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Credential {
    /// They signed in.
    Session,
    /// A key of theirs.
    Key,
    /// A key of theirs that was made for a team: its team-admins may have made it, and know it.
    TeamKey,
}

/// How an act came here.
#[derive(Debug, Clone)]
pub struct Origin {
    /// By which way.
    pub via: Via,
    /// The request's id.
    pub request_id: Option<Arc<str>>,
    /// The address the request came from.
    pub address: Option<IpAddr>,
}

impl Origin {
    /// Without a request.
    pub fn of(via: Via) -> Self {
        Self {
            via,
            request_id: None,
            address: None,
        }
    }
}

impl Actor {
    /// Whoever runs commands.
    pub fn operator() -> Self {
        Self {
            who: Who::Operator,
            origin: Origin::of(Via::Cli),
        }
    }

    /// Whoever starts the first server, or holds its set-up link.
    pub fn setup(origin: Origin) -> Self {
        Self {
            who: Who::Operator,
            origin: Origin {
                via: Via::Setup,
                ..origin
            },
        }
    }

    /// What the policy says to an act.
    pub fn may(&self, act: &Act<'_>) -> Verdict {
        decide(&self.who, act)
    }

    /// The entry for what the actor does to something of an id; `action` begins with its kind.
    pub fn did(
        &self,
        action: &'static str,
        id: &str,
        (before, after): (Option<Value>, Option<Value>),
        at: Timestamp,
    ) -> Entry {
        let person = self.person();
        let (kind, _) = action.split_once('.').unwrap_or((action, ""));
        Entry {
            id: id::mint("aud"),
            at,
            actor_id: person.map(|person| person.id.to_string()),
            via: self.origin.via,
            action: action.to_owned(),
            subject_kind: kind.to_owned(),
            subject: id.to_owned(),
            before,
            after,
            request_id: self.origin.request_id.as_deref().map(str::to_owned),
            address: self.origin.address.map(|address| address.to_string()),
        }
    }

    /// The user, if it is one.
    pub fn person(&self) -> Option<&Person> {
        match &self.who {
            Who::Operator => None,
            Who::User(person) => Some(person),
        }
    }

    /// Whether an id or an address names the actor.
    pub fn is(&self, who: &str) -> bool {
        self.person().is_some_and(|person| {
            who == &*person.id || who.trim().eq_ignore_ascii_case(&person.email)
        })
    }
}

impl Person {
    /// What they are in a team.
    pub fn in_team(&self, id: &str) -> Option<team::Role> {
        let membership = self.teams.iter().find(|team| team.team_id == id);
        membership.map(|membership| membership.role)
    }
}
