//! `GET /v1/models` and `GET /v1/models/{id}`: what the caller may use and a provider serves.
//!
//! One address, two shapes: Anthropic's clients, known by their `anthropic-version` header, get
//! Anthropic's list, everybody else OpenAI's.

use std::sync::Arc;

use poem::{IntoResponse, Request, Response};
use poem_openapi::param::{Path, Query};
use poem_openapi::registry::{MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object, OpenApi};

use crate::api::extract::Caller;
use crate::api::payload::{Answer, documented};
use crate::api::problem::Problem;
use crate::api::routes::Tag;
use crate::api::types::Moment;
use crate::catalog::{Catalog, Listed};
use crate::models::clock::Timestamp;

/// How many models Anthropic's list has when nobody says.
const ANTHROPIC_PAGE: usize = 20;

/// The models that can be called.
#[derive(Clone)]
pub(in crate::api) struct Models {
    pub(in crate::api) catalog: Arc<Catalog>,
}

#[OpenApi(tag = "Tag::Models")]
#[expect(clippy::unused_async, reason = "poem-openapi takes no other handlers")]
impl Models {
    /// List the models
    ///
    /// Those that the caller may use and a configured provider serves, in OpenAI's shape, or in
    /// Anthropic's when an `anthropic-version` header is sent.
    #[oai(path = "/v1/models", method = "get", operation_id = "models_list")]
    async fn list(
        &self,
        caller: Caller,
        request: &Request,
        /// Anthropic's shape only: at most so many, 1 to 1000.
        limit: Query<Option<String>>,
        /// Anthropic's shape only: those after this id.
        after_id: Query<Option<String>>,
        /// Anthropic's shape only: those before this id.
        before_id: Query<Option<String>>,
    ) -> Result<Shaped<ModelList, AnthropicModelList>, Problem> {
        let models = self.catalog.models(&caller.0);
        if !is_anthropic(request) {
            return Ok(Shaped::OpenAi(ModelList {
                object: "list".to_owned(),
                data: models.iter().map(Model::from).collect(),
            }));
        }
        let limit = match &limit.0 {
            None => ANTHROPIC_PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=1000).contains(limit))
                .ok_or_else(|| {
                    Problem::invalid("limit", "must be a whole number from 1 to 1000")
                })?,
        };
        let page = page(
            &models,
            limit,
            after_id.0.as_deref(),
            before_id.0.as_deref(),
        )?;
        Ok(Shaped::Anthropic(page))
    }

    /// Show a model
    ///
    /// Ids with slashes work raw and as `%2F`.
    #[oai(path = "/v1/models/:id", method = "get", operation_id = "models_show")]
    async fn show(
        &self,
        caller: Caller,
        request: &Request,
        /// The model's id.
        id: Path<String>,
    ) -> Result<Shaped<Model, AnthropicModel>, Problem> {
        let model = self.catalog.model(&caller.0, &id.0)?;
        Ok(if is_anthropic(request) {
            Shaped::Anthropic(AnthropicModel::from(&model))
        } else {
            Shaped::OpenAi(Model::from(&model))
        })
    }
}

fn is_anthropic(request: &Request) -> bool {
    request.headers().contains_key("anthropic-version")
}

/// Anthropic's page: forward from an id, or the last ones before an id.
fn page(
    models: &[Listed],
    limit: usize,
    after: Option<&str>,
    before: Option<&str>,
) -> Result<AnthropicModelList, Problem> {
    let find = |param: &str, id: &str| {
        models
            .iter()
            .position(|model| &*model.id == id)
            .ok_or_else(|| Problem::invalid(param, "is not the id of a model in this list"))
    };
    let start = match after {
        Some(id) => find("after_id", id)? + 1,
        None => 0,
    };
    let end = match before {
        Some(id) => find("before_id", id)?,
        None => models.len(),
    };
    let within = models.get(start..end).unwrap_or_default();
    let has_more = within.len() > limit;
    let shown = if before.is_some() && after.is_none() {
        &within[within.len().saturating_sub(limit)..]
    } else {
        &within[..limit.min(within.len())]
    };
    let id = |model: Option<&Listed>| model.map(|model| model.id.to_string());
    Ok(AnthropicModelList {
        data: shown.iter().map(AnthropicModel::from).collect(),
        has_more,
        first_id: id(shown.first()),
        last_id: id(shown.last()),
    })
}

/// A thing in the shape of the client's own API.
enum Shaped<O, A> {
    OpenAi(O),
    Anthropic(A),
}

impl<O: ToJSON, A: ToJSON> IntoResponse for Shaped<O, A> {
    fn into_response(self) -> Response {
        match self {
            Self::OpenAi(thing) => Answer(thing).into_response(),
            Self::Anthropic(thing) => Answer(thing).into_response(),
        }
    }
}

impl<O: Type, A: Type> ApiResponse for Shaped<O, A> {
    fn meta() -> MetaResponses {
        let schema = MetaSchema {
            any_of: vec![O::schema_ref(), A::schema_ref()],
            ..MetaSchema::ANY
        };
        documented(
            200,
            "In the shape of the client's own API.",
            MetaSchemaRef::Inline(Box::new(schema)),
        )
    }

    fn register(registry: &mut Registry) {
        O::register(registry);
        A::register(registry);
    }
}

/// A list of models in OpenAI's shape.
#[derive(Debug, Object)]
struct ModelList {
    /// `list`
    object: String,
    /// The models.
    data: Vec<Model>,
}

/// A model in OpenAI's shape.
#[derive(Debug, Object)]
struct Model {
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

/// A list of models in Anthropic's shape.
#[derive(Debug, Object)]
struct AnthropicModelList {
    /// The models.
    data: Vec<AnthropicModel>,
    /// Whether there are more in the direction asked for.
    has_more: bool,
    /// The first id of this page.
    #[oai(nullable)]
    first_id: Option<String>,
    /// The last id of this page.
    #[oai(nullable)]
    last_id: Option<String>,
}

/// A model in Anthropic's shape.
#[derive(Debug, Object)]
struct AnthropicModel {
    /// `model`
    #[oai(rename = "type")]
    kind: String,
    /// What to call it.
    id: String,
    /// What to show people.
    display_name: String,
    /// When it came out.
    created_at: Moment,
    /// How many tokens it reads at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    max_input_tokens: Option<u64>,
    /// How many tokens it writes at most, when that is known.
    #[oai(skip_serializing_if_is_none)]
    max_tokens: Option<u64>,
}

impl From<&Listed> for AnthropicModel {
    fn from(model: &Listed) -> Self {
        Self {
            kind: "model".to_owned(),
            id: model.id.to_string(),
            display_name: model.display_name.to_string(),
            created_at: Moment(Timestamp::from_timestamp(model.created, 0).unwrap_or_default()),
            max_input_tokens: model.context,
            max_tokens: model.max_output,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn models() -> Vec<Listed> {
        ["a", "b", "c", "d"]
            .map(|id| Listed {
                id: id.into(),
                provider: "demo".into(),
                created: 0,
                display_name: id.into(),
                context: None,
                max_output: None,
            })
            .to_vec()
    }

    fn ids(limit: usize, after: Option<&str>, before: Option<&str>) -> (String, bool) {
        let page = page(&models(), limit, after, before).unwrap();
        (
            page.data.iter().map(|model| model.id.as_str()).collect(),
            page.has_more,
        )
    }

    #[test]
    fn anthropics_pages_go_both_ways() {
        assert_eq!(ids(20, None, None), ("abcd".into(), false));
        assert_eq!(ids(2, None, None), ("ab".into(), true));
        assert_eq!(ids(2, Some("b"), None), ("cd".into(), false));
        assert_eq!(ids(2, None, Some("d")), ("bc".into(), true));
        assert_eq!(ids(9, Some("a"), Some("d")), ("bc".into(), false));
        assert_eq!(ids(9, Some("d"), Some("a")), (String::new(), false));
        let problem = page(&models(), 2, Some("x"), None).unwrap_err();
        assert_eq!(problem.refusal.param.as_deref(), Some("after_id"));
    }
}
