//! A body in parts, or JSON: whichever the client says it is.

use http::header::CONTENT_TYPE;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::{Parted, Raw, Upload};

/// A body in parts whose schema is `P`, or JSON whose schema is `J`.
#[derive(Debug)]
pub(crate) enum Either<P, J> {
    /// In parts.
    Parts(Upload<P>),
    /// JSON.
    Json(Raw<J>),
}

impl<'a, P: Parted, J: Type> ApiExtractor<'a> for Either<P, J> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        <Upload<P> as ApiExtractor>::register(registry);
        <Raw<J> as ApiExtractor>::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let mut parts = <Upload<P> as ApiExtractor>::request_meta()?;
        let json = <Raw<J> as ApiExtractor>::request_meta()?;
        parts.content.extend(json.content);
        Some(parts)
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let kind = request.headers().get(CONTENT_TYPE);
        let json = kind.is_some_and(|kind| {
            let name = b"application/json";
            let start = kind.as_bytes().get(..name.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(name))
        });
        Ok(if json {
            Self::Json(Raw::from_request(request, body, options).await?)
        } else {
            Self::Parts(Upload::from_request(request, body, options).await?)
        })
    }
}
