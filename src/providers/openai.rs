//! OpenAI, and whoever speaks its wire formats.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;

/// Where OpenAI is.
pub(super) const HOST: &str = "https://api.openai.com/v1";

/// Hosts that tell usage in every stream unasked; Mistral refuses to be asked.
const TELL_UNASKED: [&str; 3] = [
    "api.mistral.ai",
    "codestral.mistral.ai",
    "api.perplexity.ai",
];

/// What OpenAI has beside conversations.
pub(super) const OWN: &[Operation] = &[
    Operation::Embed,
    Operation::Moderate,
    Operation::Imagine,
    Operation::EditImage,
    Operation::Speak,
    Operation::Transcribe,
    Operation::Translate,
];

/// What those have, or may have, who do as OpenAI does.
pub(super) const COMPATIBLE: &[Operation] = &[
    Operation::Embed,
    Operation::Rerank,
    Operation::Moderate,
    Operation::Imagine,
    Operation::EditImage,
    Operation::Speak,
    Operation::Transcribe,
    Operation::Translate,
];

/// The dialect of an operation, at OpenAI and at those who do as it does.
pub(super) fn speaks(operation: Operation, offered: &[Operation]) -> Option<Dialect> {
    let service = match operation {
        Operation::Converse => return Some(Dialect::Chat),
        Operation::CountTokens => return None,
        Operation::Embed => Service::Embeddings,
        Operation::Rerank => Service::Rerank,
        Operation::Moderate => Service::Moderations,
        Operation::Imagine | Operation::EditImage => Service::Images,
        Operation::Speak => Service::Speech,
        Operation::Transcribe | Operation::Translate => Service::Transcriptions,
    };
    let offers = offered.contains(&operation);
    offers.then_some(Dialect::Service(service))
}

/// The path of an operation.
pub(super) fn path(operation: Operation) -> &'static str {
    match operation {
        Operation::Converse | Operation::CountTokens => "/chat/completions",
        Operation::Embed => "/embeddings",
        Operation::Rerank => "/rerank",
        Operation::Moderate => "/moderations",
        Operation::Imagine => "/images/generations",
        Operation::EditImage => "/images/edits",
        Operation::Speak => "/audio/speech",
        Operation::Transcribe => "/audio/transcriptions",
        Operation::Translate => "/audio/translations",
    }
}

/// Where the operations of OpenAI's API are.
#[derive(Debug)]
pub(super) struct OpenAi {
    base: Base,
    chat: Uri,
    models: Uri,
    offered: &'static [Operation],
    wants_usage_asked: bool,
}

impl OpenAi {
    /// `offered`: what it has beside conversations.
    pub(super) fn new(base: &str, offered: &'static [Operation]) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        Ok(Self {
            chat: base.join(path(Operation::Converse))?,
            offered,
            models: base.join("/models")?,
            wants_usage_asked: !TELL_UNASKED.contains(&base.host().as_str()),
            base,
        })
    }
}

impl Site for OpenAi {
    fn speaks(&self, operation: Operation, _: Dialect, _: &str) -> Option<Dialect> {
        speaks(operation, self.offered)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match call.operation {
            Operation::Converse => Ok(self.chat.clone()),
            other => self.base.join(path(other)),
        }
    }

    fn wants_usage_asked(&self) -> bool {
        self.wants_usage_asked
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.models.clone())
    }
}
