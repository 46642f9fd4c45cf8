//! Codex's list of models.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde_json::Value;

/// A list of models in Codex's shape: an empty one.
///
/// An entry of it would replace what Codex itself knows of a model, the instructions it gives it
/// first of all, which nobody else has. With an empty list it keeps its own and calls any name.
#[derive(Debug, Object, Default)]
pub(super) struct CodexModelList {
    /// Always empty.
    models: Vec<Any<Value>>,
}
