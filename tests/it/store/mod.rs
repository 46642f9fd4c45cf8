//! The database: the same on both engines.

mod leases;
mod locks;
mod many;
mod migrations;
mod records;
mod reports;
mod usage;
