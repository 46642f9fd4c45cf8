//! Who may do what: one pure function, which every handler of the admin API and every command
//! asks before it shows or changes anything.
//!
//! An admin may do everything. A team-admin manages those whom an admin brought into the team and
//! their keys for it, and sees what it used. A member has what is theirs. Whatever else there is, is not there.

use super::actor::{Credential, Person, Who};
use crate::models::team;
use crate::models::user;

/// What somebody wants to do, and to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// See a user, by id.
    SeeUser(&'a str),
    /// Change what is a user's own: the name, or the password by whoever knows the old one.
    EditUser(&'a str),
    /// Change a user's address, role, status, password or limits, or delete them.
    ManageUser(&'a str),
    /// List all users.
    ListUsers,
    /// Create a user.
    CreateUser,
    /// See a team, by id.
    SeeTeam(&'a str),
    /// Change a team's name or limits, or delete it.
    ManageTeam(&'a str),
    /// List all teams.
    ListTeams,
    /// Create a team.
    CreateTeam,
    /// See who belongs to a team.
    SeeMembers(&'a str),
    /// Bring somebody into a team, whose keys for it its team-admins then have.
    AddMember(&'a str),
    /// Change what members of a team may do in it, and take them out.
    ManageMembers(&'a str),
    /// See what all members of a team used for it.
    SeeTeamUsage(&'a str),
    /// Create a key.
    CreateKey(Owned<'a>),
    /// See a key.
    SeeKey(Owned<'a>),
    /// Change, rotate or revoke a key.
    ManageKey(Owned<'a>),
    /// List all keys.
    ListKeys,
    /// See the record of a call.
    SeeCall(Owned<'a>),
    /// See the records and sums of all calls.
    SeeAllUsage,
    /// See providers and models as they are configured, and test them.
    SeeOffers,
    /// Add, change and remove providers and models.
    ManageOffers,
    /// See what was done by whom.
    SeeAudit,
    /// See how the gateway is.
    SeeStatus,
}

/// Whose something is, and for which team.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owned<'a> {
    /// The owner's id.
    pub user: &'a str,
    /// The team's id.
    pub team: Option<&'a str>,
}

/// What the policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// They may.
    Allowed,
    /// They may not, and may know that it is there.
    Refused,
    /// For them it is not there.
    Hidden,
}

use Verdict::{Allowed, Hidden, Refused};

/// Decides whether somebody may do something.
pub fn decide(who: &Who, act: &Act<'_>) -> Verdict {
    match who {
        Who::Operator => Allowed,
        Who::User(person) => match (person.role, person.with) {
            (user::Role::Admin, Credential::Session | Credential::Key) => Allowed,
            (user::Role::Member, Credential::Session) => member(person, act),
            // A key calls models. It opens nothing else, or whoever finds it could make more; and
            // whoever knows one that is for a team may be less than its owner.
            (_, Credential::Key | Credential::TeamKey) => Refused,
        },
    }
}

/// What somebody may do who is no admin.
fn member(person: &Person, act: &Act<'_>) -> Verdict {
    match *act {
        Act::SeeUser(id) | Act::EditUser(id) => own(person, id, Allowed),
        Act::ManageUser(id) => own(person, id, Refused),
        Act::SeeTeam(id) => in_team(person, id, Allowed, Allowed),
        Act::ManageTeam(id) | Act::AddMember(id) => in_team(person, id, Refused, Refused),
        Act::SeeMembers(id) | Act::ManageMembers(id) | Act::SeeTeamUsage(id) => {
            in_team(person, id, Allowed, Refused)
        }
        Act::CreateKey(key) => create_key(person, key),
        Act::SeeKey(thing) | Act::ManageKey(thing) | Act::SeeCall(thing) => {
            let mine = *person.id == *thing.user;
            if mine || thing.team.is_some_and(|team| administers(person, team)) {
                Allowed
            } else {
                Hidden
            }
        }
        Act::ListUsers
        | Act::CreateUser
        | Act::ListTeams
        | Act::CreateTeam
        | Act::ListKeys
        | Act::SeeAllUsage
        | Act::SeeOffers
        | Act::ManageOffers
        | Act::SeeAudit
        | Act::SeeStatus => Refused,
    }
}

/// `verdict` for what is theirs.
fn own(person: &Person, id: &str, verdict: Verdict) -> Verdict {
    if *person.id == *id { verdict } else { Hidden }
}

/// One verdict for the team-admin, another for other members; for others there is no such team.
fn in_team(person: &Person, id: &str, admin: Verdict, member: Verdict) -> Verdict {
    match person.in_team(id) {
        Some(team::Role::Admin) => admin,
        Some(team::Role::Member) => member,
        None => Hidden,
    }
}

fn administers(person: &Person, team: &str) -> bool {
    person.in_team(team) == Some(team::Role::Admin)
}

/// For oneself and a team of one's own, or for anybody in a team that one administers.
fn create_key(person: &Person, key: Owned<'_>) -> Verdict {
    let mine = *person.id == *key.user;
    match key.team {
        None if mine => Allowed,
        None => Refused,
        Some(team) => match person.in_team(team) {
            Some(team::Role::Admin) => Allowed,
            Some(team::Role::Member) if mine => Allowed,
            Some(team::Role::Member) => Refused,
            None => Hidden,
        },
    }
}

#[cfg(test)]
mod tests;
