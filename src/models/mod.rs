//! The nouns: money, time, ids, people, teams, keys, usage and refusals.
//!
//! Data and pure arithmetic only: no I/O, no async, and nothing here reads the
//! clock or draws randomness except [`clock`] and [`id`], which others are handed.

pub mod abilities;
pub mod api_key;
pub mod audit;
pub mod caps;
pub mod chat;
pub mod clock;
pub mod embedding;
pub mod id;
pub mod money;
pub mod operation;
pub mod page;
pub mod preset;
pub mod principal;
pub mod refusal;
pub mod reranking;
pub mod streaming;
pub mod team;
pub mod usage;
pub mod user;
