//! What the command line and the admin API do with people and keys.
//!
//! Both call these functions and nothing below them, so that they cannot disagree. Each asks the
//! policy whether its [`Actor`] may do it; the admin API has a [`Door`], which cannot be passed
//! without saying who acts.

mod audit;
mod check;
mod keys;
mod rules;
mod setup;
mod teams;
mod users;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

pub use check::expiry;
pub use keys::{KeyChange, NewKey};
pub use rules::RulesChange;
pub use teams::{NewTeam, TeamChange};
pub use users::{NewUser, UserChange};

use super::policy::{Act, Verdict};
use super::tries::Tries;
use super::{Actor, Origin, Passwords, VaultError};
use crate::models::clock::{Clock, Timestamp};
use crate::models::page::{Page, Request};
use crate::store::{Error, Store};

/// Why something was not done to a user or a key.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// There is no such user or key (or not for this caller).
    #[error("{0} not found")]
    NotFound(&'static str),
    /// The actor may not do it.
    #[error("only an admin may do this")]
    Forbidden,
    /// It clashes with what is there.
    #[error("{0}")]
    Conflict(String),
    /// A field is wrong.
    #[error("{field} {message}")]
    Invalid {
        /// The field, in the API's words.
        field: Cow<'static, str>,
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
            Error::Conflict { what } if what.contains("teams") => {
                Self::Conflict("a team with this name exists already".to_owned())
            }
            Error::Conflict { what } => Self::Conflict(format!("{what} exists already")),
            Error::NotFound | Error::Other(_) => Self::Internal(error),
        }
    }
}

impl From<VaultError> for AccountError {
    fn from(error: VaultError) -> Self {
        match &error {
            VaultError::NoKey | VaultError::Malformed => Self::Invalid {
                field: "api_keys".into(),
                message: format!("cannot be kept: {error}"),
            },
            VaultError::Sealed | VaultError::File(_) => {
                Self::Conflict(format!("the credentials that are kept: {error}"))
            }
        }
    }
}

/// People and keys, as one actor may see and change them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Accounts {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    tries: Tries,
    by: Arc<Actor>,
}

/// The way to [`Accounts`] for those who serve others.
#[derive(Debug, Clone)]
pub struct Door(Accounts);

impl Door {
    /// The accounts, for an actor.
    pub fn by(&self, actor: &Arc<Actor>) -> Accounts {
        Accounts {
            by: Arc::clone(actor),
            ..self.0.clone()
        }
    }

    /// The accounts, for whoever holds a set-up link.
    pub fn setup(&self, origin: Origin) -> Accounts {
        self.by(&Arc::new(Actor::setup(origin)))
    }
}

impl Accounts {
    /// Works on a database, for whoever runs the program.
    pub fn new(store: Store, clock: Clock, passwords: Passwords) -> Self {
        Self {
            tries: Tries::new(store.clone(), clock.clone()),
            store,
            clock,
            passwords,
            by: Arc::new(Actor::operator()),
        }
    }

    /// The same, for others.
    pub fn door(self) -> Door {
        Door(self)
    }

    /// Refuses what the actor may not do; `what` is not there for those from whom it is hidden.
    fn permit(&self, act: &Act<'_>, what: &'static str) -> Result<(), AccountError> {
        match self.by.may(act) {
            Verdict::Allowed => Ok(()),
            Verdict::Refused => Err(AccountError::Forbidden),
            Verdict::Hidden => Err(AccountError::NotFound(what)),
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
