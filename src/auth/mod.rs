//! People and keys: who calls, and what they may do.
//!
//! Answers for passwords, tokens, API keys and the functions that the command line and the admin
//! API share. It knows no budgets, no models and no HTTP. Start reading at
//! [`Authenticator::credential`], the way every call takes.

pub mod accounts;
pub mod actor;
pub mod api_key;
pub mod authenticate;
pub mod jwt;
mod kept;
pub mod password;
pub mod policy;
pub mod sessions;
mod tries;
pub mod vault;

pub use accounts::{
    AccountError, Accounts, Door, KeyChange, NewKey, NewTeam, NewUser, RulesChange, TeamChange,
    UserChange,
};
pub use actor::{Actor, Origin};
pub use authenticate::{Authenticator, Denied};
pub use jwt::Signer;
pub use password::Passwords;
pub use sessions::{LoginError, Sessions, Tokens};
pub use vault::{Vault, VaultError};
