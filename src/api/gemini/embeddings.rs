//! `POST /v1beta/models/{model}:embedContent` and `:batchEmbedContents`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::Path;

use super::asked;
use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, addressed};
use crate::dialects::Service;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What a vector is wanted of.
    EmbedContentRequest,
    /// The vector.
    EmbedContentResponse,
    /// What vectors are wanted of.
    BatchEmbedContentsRequest,
    /// The vectors, in the order of what was asked.
    BatchEmbedContentsResponse,
);

/// Embeddings.
#[derive(Clone)]
pub(in crate::api) struct ContentEmbeddings {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl ContentEmbeddings {
    /// Embed content
    ///
    /// Google's wire format, for every model of embeddings that is configured. Fields that are not
    /// listed here are passed on to providers of the same format.
    #[oai(
        path = "/v1beta/models/:model/embedContent",
        method = "post",
        operation_id = "gemini_embed_content"
    )]
    async fn embed(
        &self,
        caller: Caller,
        body: Raw<EmbedContentRequest>,
        request: &Request,
        /// The model's id.
        model: Path<String>,
    ) -> Result<Reply<EmbedContentResponse, Never>, Problem> {
        let asked = asked(model.0, false, false);
        let endpoint = Endpoint::EmbedContent;
        let client = &Service::GeminiEmbedding;
        let call = addressed(caller, request, body.bytes, endpoint, client, asked)?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Embed several contents
    ///
    /// All of them by the model of the address, and into vectors of one kind.
    #[oai(
        path = "/v1beta/models/:model/batchEmbedContents",
        method = "post",
        operation_id = "gemini_batch_embed_contents"
    )]
    async fn batch(
        &self,
        caller: Caller,
        body: Raw<BatchEmbedContentsRequest>,
        request: &Request,
        /// The model's id.
        model: Path<String>,
    ) -> Result<Reply<BatchEmbedContentsResponse, Never>, Problem> {
        let asked = asked(model.0, false, false);
        let endpoint = Endpoint::BatchEmbedContents;
        let client = &Service::GeminiEmbeddings;
        let call = addressed(caller, request, body.bytes, endpoint, client, asked)?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
