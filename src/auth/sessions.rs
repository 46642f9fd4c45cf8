//! Signing in, staying in, leaving.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use chrono::TimeDelta;

use super::api_key::{digest, hex, random};
use super::tries::{Tries, Turn};
use super::{Passwords, Signer, jwt, password};
use crate::models::clock::{Clock, Timestamp};
use crate::models::id;
use crate::models::user::{Status, User};
use crate::store::{Error, Redeemed, Store, Tx};

/// How long an access token works.
const ACCESS: TimeDelta = TimeDelta::minutes(15);

/// How long after signing in a user must do so again.
const SESSION: TimeDelta = TimeDelta::days(30);

/// How every refresh token begins.
const REFRESH_PREFIX: &str = "rt-manti-";

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
    Unavailable(#[source] Error),
    /// A fault of ours.
    #[error("the database refused")]
    Internal(#[source] Error),
}

impl From<Error> for LoginError {
    fn from(error: Error) -> Self {
        if error.is_unavailable() {
            Self::Unavailable(error)
        } else {
            Self::Internal(error)
        }
    }
}

/// What a signed-in user holds.
#[derive(Clone)]
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

impl fmt::Debug for Tokens {
    /// Without the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Tokens");
        shown.field("user", &self.user).finish_non_exhaustive()
    }
}

/// Sessions of signed-in users. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sessions {
    store: Store,
    clock: Clock,
    passwords: Passwords,
    signer: Signer,
    tries: Tries,
}

impl Sessions {
    /// Works on a database.
    pub fn new(store: Store, clock: Clock, passwords: Passwords, signer: Signer) -> Self {
        Self {
            tries: Tries::new(store.clone(), clock.clone()),
            store,
            clock,
            passwords,
            signer,
        }
    }

    /// Signs a user in; `address` is the client's, for the limit on wrong tries.
    ///
    /// An address nobody has costs the same time and counts the same tries as a wrong password.
    pub async fn login(
        &self,
        email: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<Tokens, LoginError> {
        let email = email.trim().to_lowercase();
        let turn = match self.tries.turn(&email, Some(address)).await? {
            Turn::Yours(turn) => turn,
            Turn::TooMany(retry_after) => return Err(LoginError::TooMany { retry_after }),
        };
        // By its address only: an id is no name to sign in with.
        let found = self.store.user(&email).await?;
        let found = found.filter(|found| found.user.email == email);
        let hash = found
            .as_ref()
            .and_then(|found| found.password_hash.as_deref());
        let fits =
            password.len() <= password::LONGEST && self.passwords.verify(password, hash).await;
        let Some(found) = found.filter(|_| fits) else {
            turn.wrong().await?;
            return Err(LoginError::Denied);
        };
        if found.user.status != Status::Active {
            return Err(LoginError::Disabled);
        }
        let now = self.store.now(&self.clock);
        let session = id::mint("ses");
        let ends = now + SESSION;
        let mut tx = self.store.write().await?;
        tx.clear_attempts(turn.account()).await?;
        tx.add_session(&session, (&found.user.id, found.epoch), now, ends)
            .await?;
        self.issue(tx, &session, found.user, (now, ends)).await
    }

    /// Exchanges a refresh token for new tokens. One that was exchanged before is stolen: its
    /// session ends.
    pub async fn refresh(&self, refresh_token: &str) -> Result<Tokens, LoginError> {
        if !refresh_token.starts_with(REFRESH_PREFIX) {
            return Err(LoginError::Denied);
        }
        let now = self.store.now(&self.clock);
        let mut tx = self.store.write().await?;
        let redeemed = tx.redeem(&hex(&digest(refresh_token)), now).await?;
        let (session, user_id, epoch, ends) = match redeemed {
            Redeemed::Unknown => return Err(LoginError::Denied),
            Redeemed::Reused { session_id } => {
                tracing::warn!(
                    session.id = session_id,
                    "a refresh token came twice: its session is ended"
                );
                tx.end_session(&session_id).await?;
                tx.commit().await?;
                return Err(LoginError::Denied);
            }
            Redeemed::Good {
                session_id,
                user_id,
                epoch,
                expires_at,
            } => (session_id, user_id, epoch, expires_at),
        };
        let user = tx
            .user(&user_id)
            .await?
            .filter(|user| user.epoch == epoch && user.user.status == Status::Active && ends > now);
        let Some(user) = user else {
            return Err(LoginError::Denied);
        };
        self.issue(tx, &session, user.user, (now, ends)).await
    }

    /// Ends the session of a refresh or an access token; an unknown one is fine.
    pub async fn logout(&self, token: &str) -> Result<(), LoginError> {
        let session = if jwt::looks_like_one(token) {
            self.signer.read(token).await?.map(|claims| claims.sid)
        } else {
            self.store.session_of_token(&hex(&digest(token))).await?
        };
        if let Some(session) = session {
            let mut tx = self.store.write().await?;
            tx.end_session(&session).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn issue(
        &self,
        mut tx: Tx,
        session: &str,
        user: User,
        (now, ends): (Timestamp, Timestamp),
    ) -> Result<Tokens, LoginError> {
        let refresh_token = format!("{REFRESH_PREFIX}{}", random(43));
        tx.add_refresh_token(session, &hex(&digest(&refresh_token)), now)
            .await?;
        let exp = ends.min(now + ACCESS);
        // Signed before the commit: without a token there shall be no session either.
        let access_token = self.signer.sign((&user.id, session), now, exp).await?;
        tx.commit().await?;
        Ok(Tokens {
            access_token,
            expires_in: (exp - now).to_std().unwrap_or_default(),
            refresh_token,
            refresh_expires_in: (ends - now).to_std().unwrap_or_default(),
            user,
        })
    }
}
