//! OpenAI's list of models.

use poem_openapi::Object;

use crate::catalog::Listed;

/// A list of models in OpenAI's shape.
#[derive(Debug, Object)]
pub(super) struct ModelList {
    /// `list`
    object: String,
    /// The models.
    data: Vec<Model>,
}

impl From<&[Listed]> for ModelList {
    fn from(models: &[Listed]) -> Self {
        Self {
            object: "list".to_owned(),
            data: models.iter().map(Model::from).collect(),
        }
    }
}

/// A model in OpenAI's shape.
#[derive(Debug, Object)]
pub(super) struct Model {
    /// What to call it.
    id: String,
    /// `model`
    object: String,
    /// When it came out, in seconds since 1970.
    created: i64,
    /// The provider that serves it.
    owned_by: String,
}

impl From<&Listed> for Model {
    fn from(model: &Listed) -> Self {
        Self {
            id: model.id.to_string(),
            object: "model".to_owned(),
            created: model.created,
            owned_by: model.provider.to_string(),
        }
    }
}
