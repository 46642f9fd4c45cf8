//! What the command line and the admin API do with people and keys.

mod keys;
mod setup;
mod users;

pub use keys::{KeyChange, NewKey, Owner};
pub use users::{NewUser, UserChange};

use super::Passwords;
use crate::models::clock::Clock;
use crate::store::Store;

/// Why something was not done to a user or a key.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such user or key (or not for this caller).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// A field is wrong.
    #[error("{field}: {message}")]
    Invalid {
        /// The field, in the API's words.
        field: &'static str,
        /// What is wrong with it, to follow the field's name.
        message: String,
    },
    /// The old password is wrong.
    #[error("the password is wrong")]
    WrongPassword,
    /// The database is away.
    #[error("the database is not available")]
    Unavailable(#[source] crate::store::Error),
    /// A fault of ours.
    #[error("the database refused")]
    Internal(#[source] crate::store::Error),
}

/// People and keys.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
}

impl Accounts {
    /// Works on a database.
    pub fn new(store: Store, clock: Clock, passwords: Passwords) -> Self {
        Self {
            store,
            clock,
            passwords,
        }
    }
}
