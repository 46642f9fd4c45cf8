//! The database: the same on both engines.

mod locks;
mod migrations;
mod usage;
