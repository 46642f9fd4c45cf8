//! What can be called: models, what they can be told, and what they cost.

pub mod abilities;
