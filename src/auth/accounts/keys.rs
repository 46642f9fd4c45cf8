//! API keys: create, list, change, revoke, rotate.

use std::time::Duration;

use chrono::TimeDelta;
use ipnet::IpNet;

use super::{AccountError, Accounts, after, check, paged};
use crate::auth::api_key as spelling;
use crate::models::api_key::{ApiKey, Rules, Status};
use crate::models::caps::Caps;
use crate::models::clock::Timestamp;
use crate::models::id;
use crate::models::page::{Page, Request};
use crate::models::user;
use crate::store::KeyUpdate;

/// The longest a rotated secret may go on.
const LONGEST_GRACE: Duration = Duration::from_hours(24 * 90);

/// Whose keys an operation may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Anybody's: the caller is an admin.
    Anyone,
    /// Only those of this `usr_…`: another's key is not found.
    Only(&'a str),
}

impl<'a> Owner<'a> {
    fn id(self) -> Option<&'a str> {
        match self {
            Self::Anyone => None,
            Self::Only(id) => Some(id),
        }
    }
}

/// A key to be created.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The owner's id or address.
    pub user: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may use.
    pub rules: Rules,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

/// What to change of a key; `None` leaves a field as it is, `Some(None)` clears it.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    /// A new name.
    pub name: Option<String>,
    /// New model patterns; empty: all.
    pub models: Option<Vec<String>>,
    /// Requests a minute.
    pub rpm: Option<Option<u64>>,
    /// Tokens a minute.
    pub tpm: Option<Option<u64>>,
    /// Calls that may run at once.
    pub max_parallel: Option<Option<u64>>,
    /// New networks; empty: anywhere.
    pub allowed_ips: Option<Vec<IpNet>>,
    /// When it stops working.
    pub expires_at: Option<Option<Timestamp>>,
}

impl Accounts {
    /// Creates a key for a user who may act; the second value is its secret, which is shown once
    /// and not kept.
    pub async fn create_key(&self, new: NewKey) -> Result<(ApiKey, String), AccountError> {
        let now = self.now();
        let name = check::key_name(&new.name)?;
        let rules = check::rules(new.rules)?;
        let expires_at = check::expires(new.expires_at, now)?;
        let owner = self.find(&new.user).await?.user;
        if owner.status != user::Status::Active {
            return Err(AccountError::Conflict("the user is disabled".to_owned()));
        }
        let secret = spelling::generate();
        let key = ApiKey {
            id: id::mint("key"),
            name,
            user_id: owner.id,
            user: owner.email,
            prefix: spelling::shown(&secret).to_owned(),
            rules,
            status: Status::Active,
            expires_at,
            last_used_at: None,
            created_at: now,
        };
        let mut tx = self.store.write().await?;
        tx.add_key(&key, &spelling::hex(&spelling::digest(&secret)))
            .await?;
        tx.commit().await?;
        Ok((key, secret))
    }

    /// Keys, oldest first; `user` (an id or an address) narrows the list.
    pub async fn list_keys(
        &self,
        owner: Owner<'_>,
        user: Option<&str>,
        page: &Request,
    ) -> Result<Page<ApiKey>, AccountError> {
        let after = after(page, "key_")?;
        let named = match user {
            Some(who) => Some(self.find(who).await?.user.id),
            None => None,
        };
        let of = match (owner, named.as_deref()) {
            (Owner::Only(own), Some(named)) if own != named => {
                return Err(AccountError::NotFound("user"));
            }
            (Owner::Only(own), _) => Some(own),
            (Owner::Anyone, named) => named,
        };
        let rows = self.store.keys(of, after, page.rows() + 1).await?;
        Ok(paged(rows, page, |key| &key.id))
    }

    /// One key by its id.
    pub async fn show_key(&self, owner: Owner<'_>, id: &str) -> Result<ApiKey, AccountError> {
        let found = self.store.key(id, owner.id()).await?;
        found.ok_or(AccountError::NotFound("key"))
    }

    /// Changes a key. `Conflict` when it is revoked.
    pub async fn update_key(
        &self,
        owner: Owner<'_>,
        id: &str,
        change: KeyChange,
    ) -> Result<ApiKey, AccountError> {
        let now = self.now();
        // Read where nobody else can change it meanwhile: what is not named stays as it is.
        let mut tx = self.store.write().await?;
        let found = tx.key(id, owner.id()).await?;
        let key = found.ok_or(AccountError::NotFound("key"))?;
        let name = match &change.name {
            Some(name) => check::key_name(name)?,
            None => key.name,
        };
        let rules = check::rules(Rules {
            models: change.models.unwrap_or(key.rules.models),
            caps: Caps {
                rpm: change.rpm.unwrap_or(key.rules.caps.rpm),
                tpm: change.tpm.unwrap_or(key.rules.caps.tpm),
                max_parallel: change.max_parallel.unwrap_or(key.rules.caps.max_parallel),
                ..key.rules.caps
            },
            allowed_ips: change.allowed_ips.unwrap_or(key.rules.allowed_ips),
            ..key.rules
        })?;
        let expires_at = match change.expires_at {
            Some(at) => check::expires(at, now)?,
            None => key.expires_at,
        };
        let update = KeyUpdate {
            name: &name,
            rules: &rules,
            expires_at,
        };
        if !tx.update_key(&key.id, &update, now).await? {
            return Err(revoked());
        }
        tx.commit().await?;
        self.show_key(owner, id).await
    }

    /// Stops a key for ever; again is fine.
    pub async fn revoke_key(&self, owner: Owner<'_>, id: &str) -> Result<ApiKey, AccountError> {
        let key = self.show_key(owner, id).await?;
        if key.status == Status::Active {
            let mut tx = self.store.write().await?;
            tx.revoke_key(&key.id, self.now()).await?;
            tx.commit().await?;
        }
        Ok(ApiKey {
            status: Status::Revoked,
            ..key
        })
    }

    /// Gives a key a new secret; the old one works for `grace` more. `Conflict` when the key is
    /// revoked.
    pub async fn rotate_key(
        &self,
        owner: Owner<'_>,
        id: &str,
        grace: Duration,
    ) -> Result<(ApiKey, String), AccountError> {
        if grace > LONGEST_GRACE {
            return Err(check::invalid("grace", "must be at most 90 days"));
        }
        let now = self.now();
        let until = now + TimeDelta::from_std(grace).unwrap_or_default();
        let key = self.show_key(owner, id).await?;
        let secret = spelling::generate();
        let prefix = spelling::shown(&secret);
        let digest = spelling::hex(&spelling::digest(&secret));
        let mut tx = self.store.write().await?;
        if !tx
            .rotate_key(&key.id, (prefix, &digest), until, now)
            .await?
        {
            return Err(revoked());
        }
        tx.commit().await?;
        Ok((self.show_key(owner, id).await?, secret))
    }
}

fn revoked() -> AccountError {
    AccountError::Conflict("the key is revoked".to_owned())
}
