//! `POST /v1beta/models/{model}:VERB`: contents generated and counted.

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};

use super::asked;
use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, addressed};
use crate::dialects::gemini::Gemini;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What contents are generated from.
    GenerateContentRequest,
    /// Generated contents: all of them, or a piece.
    GenerateContentResponse,
    /// What tokens are counted of.
    CountContentTokensRequest,
    /// How many tokens were counted.
    ContentTokenCount,
);

/// Contents.
#[derive(Clone)]
pub(in crate::api) struct Content {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Content {
    /// Generate content
    ///
    /// Google's wire format, for every model that is configured. Fields that are not listed here
    /// are passed on to providers of the same format. Ids with slashes work raw and as `%2F`.
    #[oai(
        path = "/v1beta/models/:model/generateContent",
        method = "post",
        operation_id = "gemini_generate_content"
    )]
    async fn generate(
        &self,
        caller: Caller,
        body: Raw<GenerateContentRequest>,
        request: &Request,
        /// The model's id.
        model: Path<String>,
    ) -> Result<Reply<GenerateContentResponse, Never>, Problem> {
        let asked = asked(model.0, false, false);
        let endpoint = Endpoint::GenerateContent;
        let call = addressed(caller, request, body.bytes, endpoint, &Gemini, asked)?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Generate content, in pieces
    ///
    /// As server-sent events with `alt=sse`, else as the items of one JSON array.
    #[oai(
        path = "/v1beta/models/:model/streamGenerateContent",
        method = "post",
        operation_id = "gemini_stream_generate_content"
    )]
    async fn stream(
        &self,
        caller: Caller,
        body: Raw<GenerateContentRequest>,
        request: &Request,
        /// The model's id.
        model: Path<String>,
        /// `sse` for server-sent events.
        alt: Query<Option<String>>,
    ) -> Result<Reply<GenerateContentResponse, GenerateContentResponse>, Problem> {
        let array = alt.0.as_deref() != Some("sse");
        let asked = asked(model.0, true, array);
        let endpoint = Endpoint::StreamGenerateContent;
        let call = addressed(caller, request, body.bytes, endpoint, &Gemini, asked)?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Count the tokens of content
    ///
    /// By the provider where it can, else estimated here.
    #[oai(
        path = "/v1beta/models/:model/countTokens",
        method = "post",
        operation_id = "gemini_count_tokens"
    )]
    async fn count_tokens(
        &self,
        caller: Caller,
        body: Raw<CountContentTokensRequest>,
        request: &Request,
        /// The model's id.
        model: Path<String>,
    ) -> Result<Reply<ContentTokenCount, Never>, Problem> {
        let asked = asked(model.0, false, false);
        let endpoint = Endpoint::GeminiCountTokens;
        let call = addressed(caller, request, body.bytes, endpoint, &Gemini, asked)?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
