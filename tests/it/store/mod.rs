//! The database: the same on both engines.

mod migrations;
mod usage;
