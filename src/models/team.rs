//! Teams: users who share limits, models and reports.

use serde::{Deserialize, Serialize};

use super::api_key::Rules;
use super::clock::Timestamp;
use super::user::words;

/// What a member of a team may do in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Sees the team's usage, and manages its members and their keys.
    #[serde(rename = "team-admin")]
    Admin,
    /// Uses it.
    #[serde(rename = "member")]
    Member,
}

words!(Role { Admin = "team-admin", Member = "member" });

/// What a user is in one of their teams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// `team_…`
    pub team_id: String,
    /// What they may do in it.
    pub role: Role,
}

/// Somebody who belongs to a team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// `usr_…`
    pub user_id: String,
    /// Their address.
    pub user: String,
    /// How to call them; may be empty.
    pub name: String,
    /// What they may do in the team.
    pub role: Role,
    /// Since when they belong to it.
    pub created_at: Timestamp,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Team {
    /// `team_…`
    pub id: String,
    /// Unique.
    pub name: String,
    /// What its keys may use together.
    #[serde(flatten)]
    pub rules: Rules,
    /// When it was created.
    pub created_at: Timestamp,
}
