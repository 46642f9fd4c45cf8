//! People.

use serde::{Deserialize, Serialize};

use super::api_key::Rules;
use super::clock::Timestamp;

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// Their own keys and usage.
    Member,
}

/// Whether a user may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// May act.
    Active,
    /// May not: neither sign in nor use a key.
    Disabled,
    /// Anonymised; only the records remain.
    Deleted,
}

/// A person who signs in and owns keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// Lower case, unique.
    pub email: String,
    /// How to call them; may be empty.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may act.
    pub status: Status,
    /// `acc_…`: the account that pays for their calls.
    pub account_id: String,
    /// When they were created.
    pub created_at: Timestamp,
    /// What they may use with whatever credential.
    #[serde(flatten)]
    pub rules: Rules,
}

macro_rules! words {
    ($type:ty { $($variant:ident = $word:literal),+ $(,)? }) => {
        impl $type {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word used in the database, in JSON and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
        impl std::str::FromStr for $type {
            type Err = String;
            fn from_str(word: &str) -> Result<Self, String> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    other => Err(format!(concat!("\"{}\" is not one of", $(" ", $word),+), other)),
                }
            }
        }
        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words!(Role { Admin = "admin", Member = "member" });
words!(Status { Active = "active", Disabled = "disabled", Deleted = "deleted" });
