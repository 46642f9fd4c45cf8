//! Ollama, by its own API.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;

/// Where the operations of Ollama's API are.
#[derive(Debug)]
pub(super) struct Ollama {
    base: Base,
    chat: Uri,
    tags: Uri,
}

impl Ollama {
    /// `base` with or without `/api` or the `/v1` of its layer for OpenAI's clients.
    pub(super) fn new(base: &str) -> Result<Self, String> {
        let base = Base::new(base)?.without_version().without("/api");
        Ok(Self {
            chat: base.join("/api/chat")?,
            tags: base.join("/api/tags")?,
            base,
        })
    }
}

impl Site for Ollama {
    fn speaks(&self, operation: Operation, _: Dialect, _: &str) -> Option<Dialect> {
        match operation {
            Operation::Converse => Some(Dialect::Ollama),
            Operation::Embed => Some(Dialect::Service(Service::OllamaEmbeddings)),
            _ => None,
        }
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match call.operation {
            Operation::Embed => self.base.join("/api/embed"),
            _ => Ok(self.chat.clone()),
        }
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.tags.clone())
    }
}
