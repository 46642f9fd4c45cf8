//! Manti: an LLM gateway.
//!
//! The modules, from the lowest floor up. A module uses the floors below it,
//! never its own siblings and never a floor above.
//!
//! | Floor | Modules | What |
//! | --- | --- | --- |
//! | 10 | `cli` | what is typed |
//! | 9 | `server` | assembles and runs |
//! | 8 | `api` | HTTP: extract, call, reply |
//! | 7 | `gateway` | a call from admission to settlement |
//! | 6 | `billing`, `offers` | price, settle, record, report; stored providers and models |
//! | 5 | `auth`, `catalog` | people and keys; models, routes, the price book |
//! | 4 | `limits` | meters and windows |
//! | 3 | `store`, `journal`, `providers` | database, disk, upstreams |
//! | 2 | `telemetry`, `dialects` | signals, wire formats |
//! | 1 | `config` | settings, checked once at the start |
//! | 0 | `models` | the nouns: no I/O, no async |

pub mod api;
pub mod auth;
pub mod billing;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod dialects;
pub mod gateway;
pub mod journal;
pub mod limits;
pub mod models;
pub mod offers;
pub mod providers;
pub mod server;
pub mod store;
pub mod telemetry;
