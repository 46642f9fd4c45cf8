//! API keys as they are kept: never the secret, only its digest's owner.

use std::collections::BTreeMap;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::caps::Caps;
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

/// What a key, a user or a team may use and how much of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// Patterns (`*` stands for any characters) of the model names it may use; empty means all.
    pub models: Vec<String>,
    /// How much of everything together.
    #[serde(flatten)]
    pub caps: Caps,
    /// How much of the models that a pattern names, together.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub model_limits: BTreeMap<String, Caps>,
    /// Which model a name stands for, by patterns of the name asked for.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub routes: BTreeMap<String, String>,
    /// Whether the routes are only reported, not followed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub observe_routes: bool,
    /// Networks it may be used from; empty means anywhere.
    pub allowed_ips: Vec<IpNet>,
}

impl Rules {
    /// Whether a model may be used under this name.
    pub fn allow(&self, model: &str) -> bool {
        self.models.is_empty() || self.models.iter().any(|pattern| matches(pattern, model))
    }

    /// Which model a name stands for: the exact name goes first, then the longest pattern.
    pub fn route(&self, name: &str) -> Option<&str> {
        let exact = self.routes.get(name);
        let fitting = || {
            let fitting = self
                .routes
                .iter()
                .filter(|(pattern, _)| matches(pattern, name));
            fitting
                .max_by_key(|(pattern, _)| pattern.len())
                .map(|(_, to)| to)
        };
        exact.or_else(fitting).map(String::as_str)
    }
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
    /// `team_…`: the team it is for.
    pub team_id: Option<String>,
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
