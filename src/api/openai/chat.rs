//! `POST /v1/chat/completions`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::openai_chat;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What a chat completion is asked with.
    ChatCompletionRequest,
    /// A whole chat completion.
    ChatCompletion,
    /// A piece of a streamed one.
    ChatCompletionChunk,
);

/// Chat completions.
#[derive(Clone)]
pub(in crate::api) struct Chat {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Chat {
    /// Create a chat completion
    ///
    /// OpenAI's wire format, for every model that is configured. Fields that are not listed here
    /// are passed on to providers of the same format.
    #[oai(
        path = "/v1/chat/completions",
        method = "post",
        operation_id = "chat_completions"
    )]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<ChatCompletionRequest>,
        request: &Request,
    ) -> Result<Reply<ChatCompletion, ChatCompletionChunk>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::ChatCompletions,
            &openai_chat::Chat,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
