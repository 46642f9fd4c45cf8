//! HTTP: extract, call, reply.
//!
//! Answers for every address of Manti: which handler it has (`routes`), who may call it
//! (`extract`), how bodies are read and written (`payload`) and in whose words an error is
//! told ([`problem`]). It decides nothing about models, money or people: handlers call `gateway`,
//! `auth` and `store` and are a few lines each. Start reading at [`Api::answer`], the way every
//! request takes.

mod admin;
mod anthropic;
mod docs;
mod document;
mod extract;
mod front;
mod gemini;
pub mod health;
mod metrics;
mod models;
mod openai;
mod payload;
pub mod problem;
mod routes;
mod types;

pub use admin::explain::spelled as route_explanation;
pub use admin::offers::tested as provider_test;
pub use admin::usage::{spelled as usage_record, spelled_whole as usage_record_with_trace};
pub use front::Api;
pub use health::Readiness;
pub use routes::{Parts, document};
