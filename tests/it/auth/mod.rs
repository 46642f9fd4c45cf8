//! People, keys and sessions: the same on both engines.

mod accounts;
mod authenticate;
mod sessions;
