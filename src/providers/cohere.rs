//! Cohere, by its own API.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;

/// Where the operations of Cohere's API are.
#[derive(Debug)]
pub(super) struct Cohere {
    base: Base,
    chat: Uri,
    models: Uri,
}

impl Cohere {
    /// `base` with or without the version in it.
    pub(super) fn new(base: &str) -> Result<Self, String> {
        let base = Base::new(base)?.without_version().without("/v2");
        Ok(Self {
            chat: base.join("/v2/chat")?,
            models: base.join("/v1/models")?,
            base,
        })
    }
}

impl Site for Cohere {
    fn speaks(&self, operation: Operation, _: Dialect, _: &str) -> Option<Dialect> {
        match operation {
            Operation::Converse => Some(Dialect::Cohere),
            Operation::Embed => Some(Dialect::Service(Service::CohereEmbeddings)),
            Operation::Rerank => Some(Dialect::Service(Service::CohereRerank)),
            _ => None,
        }
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match call.operation {
            Operation::Embed => self.base.join("/v2/embed"),
            Operation::Rerank => self.base.join("/v2/rerank"),
            _ => Ok(self.chat.clone()),
        }
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.models.clone())
    }
}
