//! The admin and self-service API under `/api/v1`: one file a noun.
//!
//! Handlers call the same functions of `auth` and `store` as the command line does. What a member
//! may see is decided here: their own, and nothing that tells whether there is more.

pub(super) mod keys;
pub(super) mod login;
pub(super) mod me;
pub(super) mod setup;
pub(super) mod usage;
pub(super) mod users;

use super::extract::Member;
use super::problem::Problem;
use crate::auth::Owner;
use crate::models::refusal::Situation;

/// Whose things a caller may touch.
fn owner(member: &Member) -> Owner<'_> {
    if member.is_admin() {
        Owner::Anyone
    } else {
        Owner::Only(&member.0.user_id)
    }
}

/// Whether an id or an address names the caller.
fn is_self(member: &Member, who: &str) -> bool {
    who == &*member.0.user_id || who.eq_ignore_ascii_case(&member.0.email)
}

/// The answer to whoever asks for another's thing, or for one that is not there.
fn hidden(what: &str) -> Problem {
    Problem::new(Situation::NotFound, format!("There is no such {what}."))
}

/// The answer to whoever asks for more than their role allows.
fn only_admins() -> Problem {
    Problem::new(Situation::Forbidden, "Only an admin may do this.")
}
