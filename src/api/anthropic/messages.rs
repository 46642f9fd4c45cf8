//! `POST /v1/messages` and `POST /v1/messages/count_tokens`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::anthropic_messages;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What a message is asked with.
    MessageRequest,
    /// A whole message.
    Message,
    /// An event of a streamed one.
    MessageEvent,
    /// What tokens are counted of.
    CountTokensRequest,
    /// How many tokens were counted.
    TokenCount,
);

/// Messages.
#[derive(Clone)]
pub(in crate::api) struct Messages {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Messages {
    /// Create a message
    ///
    /// Anthropic's wire format, for every model that is configured. Fields that are not listed
    /// here are passed on to providers of the same format.
    #[oai(path = "/v1/messages", method = "post", operation_id = "messages")]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<MessageRequest>,
        request: &Request,
    ) -> Result<Reply<Message, MessageEvent>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Messages,
            &anthropic_messages::Messages,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Count the tokens of a message
    ///
    /// By the provider where it can, else estimated here.
    #[oai(
        path = "/v1/messages/count_tokens",
        method = "post",
        operation_id = "messages_count_tokens"
    )]
    async fn count_tokens(
        &self,
        caller: Caller,
        body: Raw<CountTokensRequest>,
        request: &Request,
    ) -> Result<Reply<TokenCount, Never>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::CountTokens,
            &anthropic_messages::Messages,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
