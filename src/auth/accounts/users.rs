//! People: create, list, change, disable, delete.

use super::{AccountError, Accounts};
use crate::models::page::{Page, Request};
use crate::models::user::{Role, User};

/// A user to be created.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Lower-cased when kept.
    pub email: String,
    /// May be empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Without one they cannot sign in until one is set.
    pub password: Option<crate::config::Secret>,
}

/// What to change of a user; `None` leaves a field as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// A new address.
    pub email: Option<String>,
    /// A new name.
    pub name: Option<String>,
    /// A new role; ends the user's sessions.
    pub role: Option<Role>,
    /// Disabled or active again; disabling ends the user's sessions.
    pub active: Option<bool>,
}

impl Accounts {
    /// Creates a user. `Conflict` when the address is taken.
    pub async fn create_user(&self, new: NewUser) -> Result<User, AccountError> {
        let _ = (self, new);
        unimplemented()
    }
    /// Users that are not deleted, oldest first.
    pub async fn list_users(&self, page: &Request) -> Result<Page<User>, AccountError> {
        let _ = (self, page);
        unimplemented()
    }
    /// The user of an id or an address.
    pub async fn show_user(&self, who: &str) -> Result<User, AccountError> {
        let _ = (self, who);
        unimplemented()
    }
    /// Changes a user. A new role and disabling end the user's sessions at once.
    pub async fn update_user(&self, who: &str, change: UserChange) -> Result<User, AccountError> {
        let _ = (self, who, change);
        unimplemented()
    }
    /// Sets a password and ends the user's sessions.
    pub async fn set_password(&self, who: &str, password: &str) -> Result<User, AccountError> {
        let _ = (self, who, password);
        unimplemented()
    }
    /// Changes a password that its owner knows, and ends their sessions.
    pub async fn change_password(
        &self,
        user_id: &str,
        old: &str,
        new: &str,
    ) -> Result<User, AccountError> {
        let _ = (self, user_id, old, new);
        unimplemented()
    }
    /// Stops a user from signing in and their keys from working.
    pub async fn disable_user(&self, who: &str) -> Result<User, AccountError> {
        let _ = (self, who);
        unimplemented()
    }
    /// Lets a disabled user in again.
    pub async fn enable_user(&self, who: &str) -> Result<User, AccountError> {
        let _ = (self, who);
        unimplemented()
    }
    /// Anonymises a user and revokes their keys; the records stay.
    pub async fn delete_user(&self, who: &str) -> Result<User, AccountError> {
        let _ = (self, who);
        unimplemented()
    }
}

fn unimplemented<T>() -> Result<T, AccountError> {
    Err(AccountError::NotFound("user"))
}
