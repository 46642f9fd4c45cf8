//! Settings, checked once at the start.

pub mod secret;
pub mod settings;

pub use secret::Secret;
pub use settings::*;
