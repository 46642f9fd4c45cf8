//! Who is calling, and what they may do.

use std::net::IpAddr;
use std::sync::Arc;

use super::api_key::{Rules, matches};
use super::clock::Timestamp;
use super::user::Role;

/// An authenticated caller. Shared by all calls of one credential, so it is cheap to clone behind an [`Arc`].
#[derive(Debug, Clone)]
pub struct Principal {
    /// `usr_…`
    pub user_id: Arc<str>,
    /// `acc_…`: who pays.
    pub account_id: Arc<str>,
    /// The user's address, for answers about themselves.
    pub email: Arc<str>,
    /// The user's role; a key never has more rights than its owner.
    pub role: Role,
    /// The key the call came with; `None` for a signed-in user.
    pub key: Option<Arc<KeyGrant>>,
}

/// What the key of a caller allows.
#[derive(Debug, Clone)]
pub struct KeyGrant {
    /// `key_…`
    pub id: Arc<str>,
    /// What its owner calls it.
    pub name: String,
    /// Models, limits and addresses.
    pub rules: Rules,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
}

impl Principal {
    /// Whether the caller may use a model under the name they asked for.
    pub fn may_use(&self, model: &str) -> bool {
        match &self.key {
            None => true,
            Some(key) => {
                key.rules.models.is_empty() || key.rules.models.iter().any(|p| matches(p, model))
            }
        }
    }

    /// Whether the caller may call from an address.
    pub fn may_call_from(&self, address: IpAddr) -> bool {
        match &self.key {
            None => true,
            Some(key) => {
                let address = address.to_canonical();
                key.rules.allowed_ips.is_empty()
                    || key
                        .rules
                        .allowed_ips
                        .iter()
                        .any(|net| net.contains(&address))
            }
        }
    }
}
