//! The body of a model call, kept as it came.

use std::marker::PhantomData;

use bytes::Bytes;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::body;
use crate::api::extract::Arrival;

/// The bytes of a request whose schema is `T`: bounded, not parsed, of whatever content type.
///
/// `poem_openapi`'s own `Json` would parse the whole prompt into a tree and drop what it does not
/// know; a call to a provider of the same dialect must pass on exactly what came.
#[derive(Debug)]
pub(crate) struct Raw<T> {
    pub(crate) bytes: Bytes,
    documents: PhantomData<fn() -> T>,
}

impl<'a, T: Type> ApiExtractor<'a> for Raw<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: T::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let limit = Arrival::of(request)?.entrance.body_limit;
        Ok(Self {
            bytes: body::read(body.take()?, request.headers(), limit).await?,
            documents: PhantomData,
        })
    }
}
