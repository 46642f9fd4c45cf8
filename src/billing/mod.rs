//! What calls cost, and how their records reach the database.

pub mod price;
pub mod recorder;
