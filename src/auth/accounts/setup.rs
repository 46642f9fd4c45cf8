//! The first admin.

use chrono::TimeDelta;

use super::audit::Kept as _;
use super::{AccountError, Accounts, NewUser};
use crate::auth::Actor;
use crate::auth::api_key::{digest, hex, random};
use crate::config::Secret;
use crate::models::api_key::Rules;
use crate::models::audit::Entry;
use crate::models::user::{Role, User};

/// How long a set-up link works.
const LINK: TimeDelta = TimeDelta::hours(1);

impl Accounts {
    /// Makes the admin that the environment names, when there is no user at all. Of several
    /// processes that start at once, one does.
    pub async fn first_admin(
        &self,
        email: &str,
        password: &Secret,
    ) -> Result<Option<User>, AccountError> {
        if self.store.has_users().await? {
            return Ok(None);
        }
        let new = NewUser {
            email: email.to_owned(),
            name: String::new(),
            role: Role::Admin,
            password: Some(password.clone()),
            rules: Rules::default(),
        };
        let user = self.draft(&new)?;
        let hash = self.hash(password.expose()).await?;
        let mut tx = self.store.act().await?;
        tx.one_at_a_time().await?;
        if tx.has_users().await? {
            return Ok(None);
        }
        tx.add_user(&user, Some(&hash)).await?;
        tx.commit(&self.set_up_by(&user)).await?;
        Ok(Some(user))
    }

    /// A one-time token to make the first admin with, good for an hour; `None` when there are
    /// users.
    pub async fn setup_token(&self) -> Result<Option<String>, AccountError> {
        if self.store.has_users().await? {
            return Ok(None);
        }
        let token = random(43);
        let now = self.now();
        let mut tx = self.store.write().await?;
        tx.add_setup_token(&hex(&digest(&token)), now, now + LINK)
            .await?;
        tx.commit().await?;
        Ok(Some(token))
    }

    /// Makes the first admin in exchange for a set-up token. `NotFound` when the token is wrong,
    /// used or old, or when there is an admin.
    pub async fn set_up(
        &self,
        token: &str,
        email: &str,
        password: &str,
    ) -> Result<User, AccountError> {
        let digest = hex(&digest(token));
        let dead = || AccountError::NotFound("set-up link");
        // Asked first, so that nobody has us hash passwords or take locks without a token.
        if !self.store.knows_setup_token(&digest, self.now()).await? {
            return Err(dead());
        }
        let user = self.draft(&NewUser {
            email: email.to_owned(),
            name: String::new(),
            role: Role::Admin,
            password: None,
            rules: Rules::default(),
        })?;
        let hash = self.hash(password).await?;
        let mut tx = self.store.act().await?;
        tx.one_at_a_time().await?;
        if tx.has_admin().await? || !tx.knows_setup_token(&digest, self.now()).await? {
            return Err(dead());
        }
        tx.add_user(&user, Some(&hash)).await?;
        tx.clear_setup_tokens().await?;
        tx.commit(&self.set_up_by(&user)).await?;
        Ok(user)
    }

    /// The entry for the first admin, whom nobody else could have made.
    fn set_up_by(&self, user: &User) -> Entry {
        let actor = Actor::setup(self.by.origin.clone());
        let made = Some(user.kept());
        actor.did("user.create", &user.id, (None, made), self.now())
    }
}
