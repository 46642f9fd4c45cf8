//! What the command line and the admin API do with people and keys.
//!
//! Both call these functions and nothing below them, so that they cannot disagree. Whether the
//! caller may do it is judged above; whose keys an operation may touch is told by [`Owner`].

mod check;
mod keys;
mod setup;
mod users;

use std::time::Duration;

pub use check::expiry;
pub use keys::{KeyChange, NewKey, Owner};
pub use users::{NewUser, UserChange};

use super::Passwords;
use super::tries::Tries;
use crate::models::clock::{Clock, Timestamp};
use crate::models::page::{Page, Request};
use crate::store::{Error, Store};

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
    #[error("{field} {message}")]
    Invalid {
        /// The field, in the API's words.
        field: &'static str,
        /// What is wrong with it, to follow the field's name.
        message: String,
    },
    /// The old password is wrong.
    #[error("the old password is wrong")]
    WrongPassword,
    /// Too many wrong passwords.
    #[error("too many wrong tries")]
    TooMany {
        /// When the next try makes sense.
        retry_after: Duration,
    },
    /// The database is away.
    #[error("the database is not available")]
    Unavailable(#[source] Error),
    /// A fault of ours.
    #[error("the database refused")]
    Internal(#[source] Error),
}

impl From<Error> for AccountError {
    fn from(error: Error) -> Self {
        match error {
            Error::Unavailable(_) => Self::Unavailable(error),
            Error::Conflict { what } if what.contains("email") => {
                Self::Conflict("a user with this email exists already".to_owned())
            }
            Error::Conflict { what } => Self::Conflict(format!("{what} exists already")),
            Error::NotFound | Error::Other(_) => Self::Internal(error),
        }
    }
}

/// People and keys. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    tries: Tries,
}

impl Accounts {
    /// Works on a database.
    pub fn new(store: Store, clock: Clock, passwords: Passwords) -> Self {
        Self {
            tries: Tries::new(store.clone(), clock.clone()),
            store,
            clock,
            passwords,
        }
    }

    fn now(&self) -> Timestamp {
        self.store.now(&self.clock)
    }

    async fn hash(&self, password: &str) -> Result<String, AccountError> {
        check::password(password)?;
        let hash = self.passwords.hash(password).await;
        hash.ok_or_else(|| {
            AccountError::Internal(Error::corrupt("the password was not hashed".to_owned()))
        })
    }
}

/// The id after which a list goes on.
fn after<'a>(page: &'a Request, prefix: &str) -> Result<&'a str, AccountError> {
    match page.cursor.as_deref() {
        None => Ok(""),
        Some(id) if id.len() <= 64 && id.starts_with(prefix) && !id.contains('\0') => Ok(id),
        Some(_) => Err(check::invalid("cursor", "is not one that a list gave")),
    }
}

/// A page of the one row more than asked for that tells whether there is a next one.
fn paged<T>(mut rows: Vec<T>, page: &Request, id: impl Fn(&T) -> &str) -> Page<T> {
    let more = rows.len() > page.rows() as usize;
    rows.truncate(page.rows() as usize);
    let last = rows.last().filter(|_| more);
    Page {
        next_cursor: last.map(|row| id(row).to_owned()),
        data: rows,
    }
}
