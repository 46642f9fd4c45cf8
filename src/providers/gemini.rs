//! Google's Gemini API.

use http::{HeaderMap, HeaderName, Uri};

use super::Outbound;
use super::address::{Base, segment};
use super::site::Site;
use crate::dialects::Dialect;
use crate::models::operation::Operation;

/// The header of Google's keys.
pub(super) const API_KEY: HeaderName = HeaderName::from_static("x-goog-api-key");

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

impl Site for Gemini {
    fn speaks(&self, operation: Operation, client: Dialect, _: &str) -> Option<Dialect> {
        let spoken = match operation {
            Operation::Converse => true,
            Operation::CountTokens => client == Dialect::Gemini,
            _ => false,
        };
        spoken.then_some(Dialect::Gemini)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        let model = &*call.target.model;
        let verb = verb(call.operation, call.stream);
        let path = match model.split_once('/') {
            Some((kind @ ("models" | "tunedModels"), name)) => format!("{kind}/{}", segment(name)),
            _ => format!("models/{}", segment(model)),
        };
        self.base.join(&format!("/v1beta/{path}:{verb}"))
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        self.base.join("/v1beta/models?pageSize=1").ok()
    }
}
