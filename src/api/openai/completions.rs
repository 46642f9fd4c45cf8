//! `POST /v1/completions`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::openai_completions;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// A text that is to be continued.
    CompletionRequest,
    /// The text goes on: all of it, or a piece of a streamed one.
    Completion,
);

/// Legacy completions.
#[derive(Clone)]
pub(in crate::api) struct Completions {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Completions {
    /// Continue a text
    ///
    /// OpenAI's legacy wire format. Where the model has no such completions the text becomes the
    /// one turn of a conversation.
    #[oai(
        path = "/v1/completions",
        method = "post",
        operation_id = "completions"
    )]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<CompletionRequest>,
        request: &Request,
    ) -> Result<Reply<Completion, Completion>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Completions,
            &openai_completions::Completions,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
