//! `GET /v1/models` and `GET /v1/models/{id}`, and the same under `/v1beta`: what the caller may use
//! and a provider serves.
//!
//! One address, four shapes. Anthropic's clients are known by their `anthropic-version` header,
//! Google's by their credential or by `/v1beta`, Codex by its `client_version`; everybody else gets
//! OpenAI's.

mod anthropic;
mod codex;
mod google;
mod openai;
mod shaped;

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};

use self::anthropic::{AnthropicModel, AnthropicModelList};
use self::codex::CodexModelList;
use self::google::{GoogleModel, GoogleModelList};
use self::openai::{Model, ModelList};
use self::shaped::Shaped;
use super::extract::Caller;
use super::payload::Answer;
use super::problem::Problem;
use super::routes::Tag;
use crate::catalog::{Catalog, Listed};

/// The models that can be called.
#[derive(Clone)]
pub(in crate::api) struct Models {
    pub(in crate::api) catalog: Arc<Catalog>,
}

#[OpenApi(tag = "Tag::Models")]
#[expect(
    clippy::unused_async,
    clippy::too_many_arguments,
    reason = "poem-openapi takes no other handlers, and one argument for each of a query"
)]
impl Models {
    /// List the models
    ///
    /// Those that the caller may use and a configured provider serves: in Anthropic's shape when an
    /// `anthropic-version` header is sent, in Google's when the credential is in `x-goog-api-key`,
    /// in Codex's when `client_version` is given, else in OpenAI's.
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
        /// Codex's version, which asks for its shape.
        client_version: Query<Option<String>>,
        /// Google's shape only: at most so many, 1 to 1000.
        #[oai(name = "pageSize")]
        page_size: Query<Option<String>>,
        /// Google's shape only: the `nextPageToken` of the page before.
        #[oai(name = "pageToken")]
        page_token: Query<Option<String>>,
    ) -> Result<
        Shaped<(
            ModelList,
            AnthropicModelList,
            GoogleModelList,
            CodexModelList,
        )>,
        Problem,
    > {
        let mut models = self.catalog.models(&caller.0);
        Ok(match Shape::of(request) {
            Shape::Anthropic => {
                models.retain(Listed::converses);
                let limit = anthropic::limit(limit.0.as_deref())?;
                let (after, before) = (after_id.0.as_deref(), before_id.0.as_deref());
                Shaped::new(&anthropic::page(&models, limit, after, before)?)
            }
            Shape::Google => {
                let (size, token) = (page_size.0.as_deref(), page_token.0.as_deref());
                Shaped::new(&google::page(models, size, token)?)
            }
            Shape::OpenAi if client_version.0.is_some() => Shaped::new(&CodexModelList::default()),
            Shape::OpenAi => Shaped::new(&ModelList::from(models.as_slice())),
        })
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
    ) -> Result<Shaped<(Model, AnthropicModel, GoogleModel)>, Problem> {
        let model = self.catalog.model(&caller.0, &id.0)?;
        Ok(match Shape::of(request) {
            Shape::Anthropic => Shaped::new(&AnthropicModel::from(&model)),
            Shape::Google => Shaped::new(&GoogleModel::from(&model)),
            Shape::OpenAi => Shaped::new(&Model::from(&model)),
        })
    }

    /// List the models as Google does
    #[oai(
        path = "/v1beta/models",
        method = "get",
        operation_id = "gemini_models_list"
    )]
    async fn list_for_google(
        &self,
        caller: Caller,
        /// At most so many, 1 to 1000.
        #[oai(name = "pageSize")]
        page_size: Query<Option<String>>,
        /// The `nextPageToken` of the page before.
        #[oai(name = "pageToken")]
        page_token: Query<Option<String>>,
    ) -> Result<Answer<GoogleModelList>, Problem> {
        let models = self.catalog.models(&caller.0);
        let (size, token) = (page_size.0.as_deref(), page_token.0.as_deref());
        Ok(Answer(google::page(models, size, token)?))
    }

    /// Show a model as Google does
    #[oai(
        path = "/v1beta/models/:id",
        method = "get",
        operation_id = "gemini_models_show"
    )]
    async fn show_for_google(
        &self,
        caller: Caller,
        /// The model's id.
        id: Path<String>,
    ) -> Result<Answer<GoogleModel>, Problem> {
        let model = self.catalog.model(&caller.0, &id.0)?;
        Ok(Answer(GoogleModel::from(&model)))
    }
}

/// Whose shape a client reads.
enum Shape {
    OpenAi,
    Anthropic,
    Google,
}

impl Shape {
    fn of(request: &Request) -> Self {
        let headers = request.headers();
        if headers.contains_key("anthropic-version") {
            Self::Anthropic
        } else if headers.contains_key("x-goog-api-key") {
            Self::Google
        } else {
            Self::OpenAi
        }
    }
}
