//! Behaviour, from the outside: one binary, a module for each part, tests that read as sentences.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on shall fail where it stands"
)]

mod architecture;
mod auth;
mod cli;
mod clouds;
mod config;
mod conversations;
mod corpus;
mod counted;
mod documents;
mod faults;
mod figures;
mod gemini;
mod google;
mod hostile;
mod isolation;
mod leaving;
mod limits;
mod metering;
mod offers;
mod outside;
mod presets;
mod providers;
mod recorder;
mod recordings;
mod refusals;
mod relay;
mod reloading;
mod routing;
mod serve;
mod services;
mod shared_limits;
mod store;
mod support;
mod timeouts;
mod translation;
