//! A body in parts, passed on while it comes in.
//!
//! The parts are read until it is known which model is asked for: where that stands behind a file,
//! the file waits in memory and then on disk. From there on parts go to the provider as they come,
//! each as it was written, between boundaries of our own.

mod parts;
mod rest;
mod source;
mod spool;

use std::marker::PhantomData;

use http::HeaderMap;
use http::header::CONTENT_TYPE;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use self::source::Source;
use crate::api::extract::Arrival;
use crate::api::problem::Problem;
use crate::gateway;
use crate::models::refusal::{Refusal, Situation};

/// The longest boundary (RFC 2046, 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// The schema of a body in parts.
pub(crate) trait Parted: Type {
    /// The part that has to be a file.
    const FILE: &'static str;
}

/// A body in parts whose schema is `T`: bounded, and never whole in memory.
#[derive(Debug)]
pub(crate) struct Upload<T> {
    pub(crate) parts: gateway::Upload,
    documents: PhantomData<fn() -> T>,
}

impl<'a, T: Parted> ApiExtractor<'a> for Upload<T> {
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
                content_type: "multipart/form-data",
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
        let boundary = boundary(request.headers())?;
        let source = Source::new(body.take()?, request.headers(), limit)?;
        let parts = parts::read(source, &boundary, T::FILE).await;
        Ok(Self {
            parts: parts.map_err(|refusal| Problem::from(refusal).closing())?,
            documents: PhantomData,
        })
    }
}

/// What stands between the parts.
fn boundary(headers: &HeaderMap) -> Result<String, Problem> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let kind = match (values.next(), values.next()) {
        (Some(kind), None) => kind.to_str().ok(),
        _ => None,
    };
    let boundary = kind.and_then(|kind| multer::parse_boundary(kind).ok());
    boundary
        .filter(|boundary| (1..=LONGEST_BOUNDARY).contains(&boundary.len()))
        .ok_or_else(|| {
            let message =
                "This address takes a file: send content-type: multipart/form-data with a boundary.";
            Problem::new(Situation::UnsupportedMediaType, message).closing()
        })
}

/// A field that is wrong.
fn wrong(param: &str, message: impl Into<String>) -> Refusal {
    Refusal::new(Situation::InvalidValue, message).param(param)
}

#[cfg(test)]
mod tests;
