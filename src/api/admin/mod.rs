//! The admin and self-service API under `/api/v1`: one file a noun.
//!
//! Handlers call the same functions of `auth` and `store` as the command line does. What a member
//! may see and change, the policy of `auth` says.

pub(super) mod audit;
pub(super) mod explain;
pub(super) mod keys;
pub(super) mod login;
pub(super) mod me;
pub(super) mod offers;
mod rules;
pub(super) mod setup;
pub(super) mod status;
pub(super) mod teams;
pub(super) mod usage;
pub(super) mod users;
