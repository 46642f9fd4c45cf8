//! The body of an administrative write.

use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use super::{Fields, body};
use crate::api::problem::Problem;
use crate::models::refusal::Situation;

/// The most that is read before or for a write: no such body is larger.
const LIMIT: usize = 64 * 1024;

/// Reads the body of a write, or of somebody who has not said who they are.
pub(crate) async fn small(body: poem::Body, headers: &HeaderMap) -> Result<Bytes, Problem> {
    body::read(body, headers, LIMIT).await
}

/// What can be read from the fields of a body.
pub(crate) trait Write: Sized + Send {
    /// The same, as the document has it.
    type Schema: Type;

    /// Takes the fields; those that are left over are refused.
    fn read(fields: &mut Fields) -> Result<Self, Problem>;
}

/// A body that was read field by field.
#[derive(Debug)]
pub(crate) struct Input<T>(pub(crate) T);

impl<'a, T: Write> ApiExtractor<'a> for Input<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::Schema::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema: T::Schema::schema_ref(),
            }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let bytes = small(body.take()?, request.headers()).await?;
        // A page of another origin can send forms and plain text without being asked first
        // (the Fetch standard's "simple" requests), but not JSON.
        if !bytes.is_empty() && !is_json(request.headers()) {
            return Err(Problem::new(
                Situation::UnsupportedMediaType,
                "This address takes JSON: send it with content-type: application/json.",
            )
            .into());
        }
        let mut fields = Fields::read(&bytes)?;
        let input = T::read(&mut fields)?;
        fields.end()?;
        Ok(Self(input))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return false;
    };
    let essence = value.as_bytes().split(|byte| *byte == b';').next();
    essence.is_some_and(|essence| {
        essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_json_is_json() {
        let typed = |values: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(CONTENT_TYPE, http::HeaderValue::from_static(value));
            }
            is_json(&headers)
        };
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json ;x=y",
        ] {
            assert!(typed(&[good]), "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "text/plain; application/json",
            "application/jsonp",
            "",
        ] {
            assert!(!typed(&[bad]), "{bad}");
        }
        assert!(!typed(&[]));
        assert!(!typed(&["application/json", "text/plain"]));
    }
}
