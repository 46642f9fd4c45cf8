//! Signing in, staying in, leaving.

use std::net::IpAddr;
use std::time::Duration;

use super::{Passwords, Signer};
use crate::models::clock::Clock;
use crate::models::user::User;
use crate::store::Store;

/// Why somebody is not signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// Wrong address, wrong password, or a token that is unknown, used or old: never said which.
    #[error("wrong email or password")]
    Denied,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// Too many wrong tries for this account or address.
    #[error("too many wrong tries")]
    TooMany {
        /// When the next try makes sense.
        retry_after: Duration,
    },
    /// The database is away.
    #[error("the database is not available")]
    Unavailable(#[source] crate::store::Error),
    /// A fault of ours.
    #[error("the database refused")]
    Internal(#[source] crate::store::Error),
}

/// What a signed-in user holds.
#[derive(Debug, Clone)]
pub struct Tokens {
    /// The bearer token for calls.
    pub access_token: String,
    /// How long the access token works.
    pub expires_in: Duration,
    /// Exchanged once for the next pair.
    pub refresh_token: String,
    /// How long the refresh token works.
    pub refresh_expires_in: Duration,
    /// Who signed in.
    pub user: User,
}

/// Sessions of signed-in users. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sessions {}

impl Sessions {
    /// Works on a database.
    pub fn new(store: Store, clock: Clock, passwords: Passwords, signer: Signer) -> Self {
        let _ = (store, clock, passwords, signer);
        Self {}
    }
    /// Signs a user in; `address` is the client's, for the limit on wrong tries.
    pub async fn login(
        &self,
        email: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Tokens, LoginError> {
        let _ = (self, email, password, address);
        Err(LoginError::Denied)
    }
    /// Exchanges a refresh token for new tokens; one seen twice ends the session.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, LoginError> {
        let _ = (self, refresh_token);
        Err(LoginError::Denied)
    }
    /// Ends the session of a refresh or an access token; an unknown one is fine.
    pub async fn logout(&self, token: &str) -> Result<(), LoginError> {
        let _ = (self, token);
        Ok(())
    }
}
