//! Google's Gemini API.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Uri};

use super::address::{Base, segment};
use super::site::Site;
use super::{Outbound, SegmentsBody};
use crate::dialects::peek::Segments;
use crate::dialects::{Dialect, Service, gemini};
use crate::models::operation::Operation;

/// The header of Google's keys.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

/// What a client asks in who wants a single vector.
pub(super) const ONE_VECTOR: Dialect = Dialect::Service(Service::GeminiEmbedding);

/// Where the operations of the Gemini API are.
#[derive(Debug)]
pub(super) struct Gemini {
    base: Base,
}

impl Gemini {
    /// `base` comes with or without `/v1beta` or `/v1`.
    pub(super) fn new(base: &str) -> Result<Self, String> {
        let base = Base::new(base)?.without("/v1beta").without_version();
        base.join("/v1beta/models")?;
        Ok(Self { base })
    }
}

/// What an operation is called behind the model's name.
pub(super) fn verb(operation: Operation, stream: bool) -> &'static str {
    match (operation, stream) {
        (Operation::CountTokens, _) => "countTokens",
        (_, true) => "streamGenerateContent?alt=sse",
        (_, false) => "generateContent",
    }
}

/// Whether Google counts tokens for clients of a dialect: those that ask for a count.
pub(super) fn counts(client: Dialect) -> bool {
    matches!(client, Dialect::Gemini | Dialect::Messages)
}

impl Site for Gemini {
    fn speaks(&self, operation: Operation, client: Dialect, _: &str) -> Option<Dialect> {
        match operation {
            Operation::Converse => Some(Dialect::Gemini),
            Operation::CountTokens => counts(client).then_some(Dialect::Gemini),
            Operation::Embed if client == ONE_VECTOR => Some(client),
            Operation::Embed => Some(Dialect::Service(Service::GeminiEmbeddings)),
            _ => None,
        }
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        let model = &*call.target.model;
        let verb = match call.operation {
            Operation::Embed if call.dialect == ONE_VECTOR => "embedContent",
            Operation::Embed => "batchEmbedContents",
            operation => verb(operation, call.stream),
        };
        let path = match model.split_once('/') {
            Some((kind @ ("models" | "tunedModels"), name)) => format!("{kind}/{}", segment(name)),
            _ => format!("models/{}", segment(model)),
        };
        self.base.join(&format!("/v1beta/{path}:{verb}"))
    }

    fn body(&self, call: &Outbound<'_>, body: Segments) -> Result<SegmentsBody, String> {
        if call.operation == Operation::Converse {
            return Ok(body.into());
        }
        let renamed = gemini::named(&body.concat(), &call.target.model);
        let body = renamed.map_or(body, |renamed| [Bytes::from(renamed)].into_iter().collect());
        Ok(body.into())
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        self.base.join("/v1beta/models?pageSize=1").ok()
    }
}
