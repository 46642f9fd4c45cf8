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

/// What somebody has beside chat completions.
#[derive(Debug)]
pub(super) struct Offer {
    /// The operations.
    pub(super) operations: &'static [Operation],
    /// In whose words it takes embeddings.
    pub(super) embeddings: Service,
    /// In whose words it takes rerankings.
    pub(super) rerank: Service,
    /// The models with legacy completions, by how their names begin; `""` for all.
    pub(super) completes: &'static [&'static str],
}

/// OpenAI's models with legacy completions.
pub(super) const LEGACY: &[&str] = &["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"];

/// What OpenAI has.
pub(super) const OWN: &Offer = &Offer {
    operations: &[
        Operation::Embed,
        Operation::Moderate,
        Operation::Imagine,
        Operation::EditImage,
        Operation::Speak,
        Operation::Transcribe,
        Operation::Translate,
    ],
    embeddings: Service::Embeddings,
    rerank: Service::Rerank,
    completes: LEGACY,
};

/// What those have, or may have, who do as OpenAI does.
pub(super) const COMPATIBLE: &Offer = &Offer {
    operations: &[
        Operation::Embed,
        Operation::Rerank,
        Operation::Moderate,
        Operation::Imagine,
        Operation::EditImage,
        Operation::Speak,
        Operation::Transcribe,
        Operation::Translate,
    ],
    embeddings: Service::Embeddings,
    rerank: Service::Rerank,
    completes: &[""],
};

/// The dialect of an operation, at OpenAI and at those who do as it does.
pub(super) fn speaks(
    operation: Operation,
    client: Dialect,
    model: &str,
    offer: &Offer,
) -> Option<Dialect> {
    let completes = || offer.completes.iter().any(|name| model.starts_with(name));
    let service = match operation {
        Operation::Converse if client == Dialect::Completions && completes() => {
            return Some(Dialect::Completions);
        }
        Operation::Converse => return Some(Dialect::Chat),
        Operation::CountTokens => return None,
        Operation::Embed => offer.embeddings,
        Operation::Rerank => offer.rerank,
        Operation::Moderate => Service::Moderations,
        Operation::Imagine | Operation::EditImage => Service::Images,
        Operation::Speak => Service::Speech,
        Operation::Transcribe | Operation::Translate => Service::Transcriptions,
    };
    let offers = offer.operations.contains(&operation);
    offers.then_some(Dialect::Service(service))
}

/// The path of an operation in a dialect.
pub(super) fn path(operation: Operation, dialect: Dialect) -> &'static str {
    match operation {
        Operation::Converse if dialect == Dialect::Completions => "/completions",
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
    offer: &'static Offer,
    wants_usage_asked: bool,
}

impl OpenAi {
    /// `offer`: what it has beside chat completions.
    pub(super) fn new(base: &str, offer: &'static Offer) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        Ok(Self {
            chat: base.join(path(Operation::Converse, Dialect::Chat))?,
            offer,
            models: base.join("/models")?,
            wants_usage_asked: !TELL_UNASKED.contains(&base.host().as_str()),
            base,
        })
    }
}

impl Site for OpenAi {
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect> {
        speaks(operation, client, model, self.offer)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match (call.operation, call.dialect) {
            (Operation::Converse, Dialect::Chat) => Ok(self.chat.clone()),
            (operation, dialect) => self.base.join(path(operation, dialect)),
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
