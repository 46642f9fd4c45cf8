//! `POST /v1/images/generations` and `POST /v1/images/edits`

use std::sync::Arc;

use poem::Request;
use poem_openapi::OpenApi;

use crate::api::document::wire_schema;
use crate::api::extract::Caller;
use crate::api::payload::{Either, Parted, Raw, Reply};
use crate::api::problem::Problem;
use crate::api::routes::{Tag, call, upload};
use crate::dialects::Service;
use crate::gateway::Gateway;
use crate::models::operation::Endpoint;

wire_schema!(
    /// What is to be seen.
    ImageRequest,
    /// What is to be changed, and how.
    ImageEdit,
    /// The same of images that are elsewhere.
    ImageEditByReference,
    /// The images.
    ImageList,
    /// An image on its way, or done.
    ImageEvent,
);

impl Parted for ImageEdit {
    const FILE: &'static str = "image";
}

/// Images.
#[derive(Clone)]
pub(in crate::api) struct Images {
    pub(in crate::api) gateway: Arc<Gateway>,
}

#[OpenApi(tag = "Tag::Models")]
impl Images {
    /// Create images
    ///
    /// OpenAI's wire format. Fields that are not listed here are passed on.
    #[oai(
        path = "/v1/images/generations",
        method = "post",
        operation_id = "image_generations"
    )]
    async fn generate(
        &self,
        caller: Caller,
        body: Raw<ImageRequest>,
        request: &Request,
    ) -> Result<Reply<ImageList, ImageEvent>, Problem> {
        let call = call(
            caller,
            request,
            body.bytes,
            Endpoint::ImageGenerations,
            &Service::Images,
        )?;
        Ok(self.gateway.answer(call).await?.into())
    }

    /// Change images
    ///
    /// OpenAI's wire format. The parts are passed on while they come in; the first of them should
    /// be the model's name. As JSON for images that are at an address or in the provider's store.
    #[oai(
        path = "/v1/images/edits",
        method = "post",
        operation_id = "image_edits"
    )]
    async fn edit(
        &self,
        caller: Caller,
        body: Either<ImageEdit, ImageEditByReference>,
        request: &Request,
    ) -> Result<Reply<ImageList, ImageEvent>, Problem> {
        let endpoint = Endpoint::ImageEdits;
        let client = &Service::Images;
        let call = match body {
            Either::Parts(body) => upload(caller, request, body.parts, endpoint, client)?,
            Either::Json(body) => call(caller, request, body.bytes, endpoint, client)?,
        };
        Ok(self.gateway.answer(call).await?.into())
    }
}
