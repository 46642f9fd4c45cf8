//! `POST /v1/responses`, `POST /v1/responses/compact`, and why there is no WebSocket.

use std::sync::Arc;

use http::HeaderValue;
use http::header::UPGRADE;
use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Answer, Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::openai_responses;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;
use crate::models::refusal::Situation;

wire_schema!(
    /// What a response is asked with.
    ResponseRequest,
    /// A whole response.
    Response,
    /// An event of a streamed one.
    ResponseEvent,
    /// A conversation to be made shorter.
    CompactRequest,
    /// A conversation that was made shorter.
    CompactedResponse,
);

/// Responses.
#[derive(Clone)]
pub(in crate::api) struct Responses {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Responses {
    /// Create a response
    ///
    /// OpenAI's wire format, for every model that is configured. Fields that are not listed here
    /// are passed on to providers of the same format. What a provider stores, such as the
    /// conversation behind `previous_response_id`, is there for its own models alone.
    #[oai(path = "/v1/responses", method = "post", operation_id = "responses")]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<ResponseRequest>,
        request: &Request,
    ) -> Result<Reply<Response, ResponseEvent>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Responses,
            &openai_responses::Responses,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Refuse a WebSocket
    ///
    /// Answers 426 at once, so that clients which try a WebSocket first fall back to `POST`.
    #[oai(
        path = "/v1/responses",
        method = "get",
        operation_id = "responses_websocket"
    )]
    #[expect(clippy::unused_async, reason = "poem-openapi takes no other handlers")]
    async fn connect(&self) -> Result<Answer<String>, Problem> {
        let message = "There is no WebSocket here: send the request as POST.";
        let mut problem = Problem::new(Situation::NoWebSocket, message);
        problem
            .headers
            .insert(UPGRADE, HeaderValue::from_static("HTTP/1.1"));
        Err(problem)
    }

    /// Make a conversation shorter
    ///
    /// For models of providers that do so themselves; 404 elsewhere.
    #[oai(
        path = "/v1/responses/compact",
        method = "post",
        operation_id = "responses_compact"
    )]
    async fn compact(
        &self,
        caller: Caller,
        body: Raw<CompactRequest>,
        request: &Request,
    ) -> Result<Reply<CompactedResponse, Never>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::Compact,
            &openai_responses::Responses,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
