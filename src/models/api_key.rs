//! API keys as they are kept: never the secret, only its digest's owner.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::user::words;

/// Whether a key works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Works until it expires.
    Active,
    /// Refused for ever.
    Revoked,
}

words!(Status { Active = "active", Revoked = "revoked" });

/// What a key may use and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Patterns (`*` stands for any characters) of the model names it may use; empty means all.
    pub models: Vec<String>,
    /// Requests a minute.
    pub rpm: Option<u64>,
    /// Tokens a minute, input and output together.
    pub tpm: Option<u64>,
    /// Calls that may run at once.
    pub max_parallel: Option<u64>,
    /// Networks it may be used from; empty means anywhere.
    pub allowed_ips: Vec<IpNet>,
}

/// An API key without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApiKey {
    /// `key_…`
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// The owner's id.
    pub user_id: String,
    /// The owner's address.
    pub user: String,
    /// The first characters of the secret, enough to recognise it.
    pub prefix: String,
    /// What it may use.
    #[serde(flatten)]
    pub rules: Rules,
    /// Whether it works.
    pub status: Status,
    /// When it stops working.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to within some minutes.
    pub last_used_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
}

/// Whether `name` matches a pattern in which `*` stands for any characters.
pub fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(matches("gpt-*", "gpt-4o"));
        assert!(matches("*", "anything/at all"));
        assert!(matches("gpt-4o", "gpt-4o"));
        assert!(matches("*-mini*", "gpt-4o-mini-2024"));
        assert!(!matches("gpt-4o", "gpt-4o-mini"));
        assert!(!matches("gpt-*", "xgpt-4o"));
        assert!(!matches("a*b*a", "ab"));
    }
}
