//! API keys: create, list, change, revoke, rotate.

use std::time::Duration;

use super::{AccountError, Accounts};
use crate::models::api_key::{ApiKey, Rules};
use crate::models::clock::Timestamp;
use crate::models::page::{Page, Request};

/// Whose keys an operation may touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// Anybody's: the caller is an admin.
    Anyone,
    /// Only those of this `usr_…`: another's key is not found.
    Only(&'a str),
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
    pub allowed_ips: Option<Vec<ipnet::IpNet>>,
    /// When it stops working.
    pub expires_at: Option<Option<Timestamp>>,
}

impl Accounts {
    /// Creates a key; the second value is its secret, which is shown once and not kept.
    pub async fn create_key(&self, new: NewKey) -> Result<(ApiKey, String), AccountError> {
        let _ = (self, new);
        unimplemented()
    }
    /// Keys, oldest first; `user` (an id or an address) narrows the list.
    pub async fn list_keys(
        &self,
        owner: Owner<'_>,
        user: Option<&str>,
        page: &Request,
    ) -> Result<Page<ApiKey>, AccountError> {
        let _ = (self, owner, user, page);
        unimplemented()
    }
    /// One key by its id.
    pub async fn show_key(&self, owner: Owner<'_>, id: &str) -> Result<ApiKey, AccountError> {
        let _ = (self, owner, id);
        unimplemented()
    }
    /// Changes a key. `Conflict` when it is revoked.
    pub async fn update_key(
        &self,
        owner: Owner<'_>,
        id: &str,
        change: KeyChange,
    ) -> Result<ApiKey, AccountError> {
        let _ = (self, owner, id, change);
        unimplemented()
    }
    /// Stops a key for ever; again is fine.
    pub async fn revoke_key(&self, owner: Owner<'_>, id: &str) -> Result<ApiKey, AccountError> {
        let _ = (self, owner, id);
        unimplemented()
    }
    /// Gives a key a new secret; the old one works for `grace` more.
    pub async fn rotate_key(
        &self,
        owner: Owner<'_>,
        id: &str,
        grace: Duration,
    ) -> Result<(ApiKey, String), AccountError> {
        let _ = (self, owner, id, grace);
        unimplemented()
    }
}

fn unimplemented<T>() -> Result<T, AccountError> {
    Err(AccountError::NotFound("key"))
}
