//! `POST /v1/embeddings`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::Service;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What vectors are wanted of.
    EmbeddingRequest,
    /// The vectors.
    EmbeddingList,
);

/// Embeddings.
#[derive(Clone)]
pub(in crate::api) struct Embeddings {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Embeddings {
    /// Create embeddings
    ///
    /// OpenAI's wire format. Fields that are not listed here are passed on to providers of the
    /// same format.
    #[oai(path = "/v1/embeddings", method = "post", operation_id = "embeddings")]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<EmbeddingRequest>,
        request: &Request,
    ) -> Result<Reply<EmbeddingList, Never>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Embeddings,
            &Service::Embeddings,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
