//! What each model can be told, as a table.

use crate::config::Kind;
use crate::models::abilities::Abilities;

/// What a model of a provider of this kind can be told; permissive for models not known.
pub fn of(_kind: Kind, _model: &str) -> Abilities {
    Abilities::default()
}
