//! What handlers give back.

use std::marker::PhantomData;

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{
    MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::types::{ToJSON, Type};

use crate::gateway;

/// The answer to a model call: `J` as JSON, or a stream whose events are `E`.
///
/// Two variants of a derived response would give the document one status twice, and an
/// `actual_type` would overwrite the content type of a stream.
#[derive(Debug)]
pub(crate) struct Reply<J, E> {
    response: Response,
    documents: PhantomData<fn() -> (J, E)>,
}

impl<J, E> From<gateway::Answer> for Reply<J, E> {
    fn from(answer: gateway::Answer) -> Self {
        let body = match answer.body {
            gateway::Body::Whole(bytes) => Body::from_bytes(bytes),
            relayed => {
                let body = http_body_util::BodyExt::map_err(relayed, std::io::Error::other);
                http_body_util::combinators::BoxBody::new(body).into()
            }
        };
        let mut response = Response::builder().status(answer.status).body(body);
        *response.headers_mut() = answer.headers;
        Self {
            response,
            documents: PhantomData,
        }
    }
}

impl<J, E> IntoResponse for Reply<J, E> {
    fn into_response(self) -> Response {
        self.response
    }
}

/// An answer of bytes that are no text, or of a stream whose events are `E`.
#[derive(Debug)]
pub(crate) struct Poured<E>(Reply<Never, E>);

impl<E> From<gateway::Answer> for Poured<E> {
    fn from(answer: gateway::Answer) -> Self {
        Self(answer.into())
    }
}

impl<E> IntoResponse for Poured<E> {
    fn into_response(self) -> Response {
        self.0.into_response()
    }
}

impl<E: Events> ApiResponse for Poured<E> {
    fn meta() -> MetaResponses {
        let bytes = MetaSchema {
            format: Some("binary"),
            ..MetaSchema::new("string")
        };
        let schema = MetaSchemaRef::Inline(Box::new(bytes));
        let mut answer = documented(200, "The answer, as it comes.", schema);
        let content = &mut answer.responses[0].content;
        content[0].content_type = "application/octet-stream";
        content.extend(E::media_type());
        answer
    }

    fn register(registry: &mut Registry) {
        E::register(registry);
    }
}

impl<J: Type, E: Events> ApiResponse for Reply<J, E> {
    fn meta() -> MetaResponses {
        let mut whole = documented(200, "The whole answer.", J::schema_ref());
        if let Some(events) = E::media_type() {
            let response = &mut whole.responses[0];
            response.content.push(events);
            response.description =
                "The answer: whole, or as server-sent events when `stream` is true.";
        }
        whole
    }

    fn register(registry: &mut Registry) {
        J::register(registry);
        E::register(registry);
    }
}

/// The events of a streamed answer, as the document has them.
pub(crate) trait Events {
    /// The media type of a stream of them.
    fn media_type() -> Option<MetaMediaType>;

    /// Registers their schema.
    fn register(registry: &mut Registry);
}

impl<T: Type> Events for T {
    fn media_type() -> Option<MetaMediaType> {
        Some(MetaMediaType {
            content_type: "text/event-stream",
            schema: T::schema_ref(),
        })
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

/// No events: the answer always comes whole.
#[derive(Debug)]
pub(crate) struct Never;

impl Events for Never {
    fn media_type() -> Option<MetaMediaType> {
        None
    }

    fn register(_: &mut Registry) {}
}

/// A thing as JSON.
#[derive(Debug)]
pub(crate) struct Answer<T>(pub(crate) T);

/// A thing that was created.
#[derive(Debug)]
pub(crate) struct Created<T>(pub(crate) T);

/// An answer with a body in JSON.
fn json(status: StatusCode, thing: &impl ToJSON) -> Response {
    Response::builder()
        .status(status)
        .header(CONTENT_TYPE, "application/json")
        .body(thing.to_json_string())
}

/// Keeps an answer out of all caches: it holds a secret, or somebody's own.
pub(crate) fn private(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// One answer with a body in JSON, as the document has it.
pub(crate) fn documented(
    status: u16,
    description: &'static str,
    schema: MetaSchemaRef,
) -> MetaResponses {
    MetaResponses {
        responses: vec![MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType {
                content_type: "application/json",
                schema,
            }],
            headers: vec![],
        }],
    }
}

impl<T: ToJSON> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        private(json(StatusCode::OK, &self.0))
    }
}

impl<T: ToJSON> ApiResponse for Answer<T> {
    fn meta() -> MetaResponses {
        documented(200, "Done.", T::schema_ref())
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ToJSON> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        private(json(StatusCode::CREATED, &self.0))
    }
}

impl<T: ToJSON> ApiResponse for Created<T> {
    fn meta() -> MetaResponses {
        documented(201, "Created.", T::schema_ref())
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
