//! `POST /v1/moderations`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Never, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call};
use crate::dialects::{Service, peek};
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

/// The model OpenAI takes where none is named.
const DEFAULT: &str = "omni-moderation-latest";

wire_schema!(
    /// What is to be judged.
    ModerationRequest,
    /// What is wrong with it.
    Moderation,
);

/// Moderations.
#[derive(Clone)]
pub(in crate::api) struct Moderations {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Moderations {
    /// Judge a text or an image
    ///
    /// OpenAI's wire format.
    #[oai(
        path = "/v1/moderations",
        method = "post",
        operation_id = "moderations"
    )]
    async fn create(
        &self,
        caller: Caller,
        body: Raw<ModerationRequest>,
        request: &Request,
    ) -> Result<Reply<Moderation, Never>, Problem> {
        let body = peek::with_model(body.bytes, DEFAULT);
        let call = call(
            caller,
            request,
            body,
            Endpoint::Moderations,
            &Service::Moderations,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }
}
