//! `POST /v1/rerank`

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
    /// A question, and documents that may answer it.
    RerankRequest,
    /// The documents that answer it best.
    Reranking,
);

/// Rerankings.
#[derive(Clone)]
pub(in crate::api) struct Rerank {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Rerank {
    /// Put documents in order
    ///
    /// The wire format that Cohere began and Jina, vLLM and llama.cpp share.
    #[oai(path = "/v1/rerank", method = "post", operation_id = "rerank")]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<RerankRequest>,
        request: &Request,
    ) -> Result<Reply<Reranking, Never>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Rerank,
            &Service::Rerank,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
