//! OpenAI, and whoever speaks its wire formats.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;

/// What of OpenAI's API somebody has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope {
    /// Whether it has chat completions.
    pub(super) chat: bool,
    /// Whether it has responses.
    pub(super) responses: bool,
    /// The dialect that clients of others are translated to.
    pub(super) preferred: Dialect,
    /// What it has beside conversations.
    pub(super) offer: &'static Offer,
}

/// What somebody has beside conversations.
#[derive(Debug)]
pub(super) struct Offer {
    /// The operations.
    pub(super) operations: &'static [Operation],
    /// The models with legacy completions, by how their names begin; `""` for all.
    pub(super) completes: &'static [&'static str],
}

/// OpenAI's models with legacy completions.
const LEGACY: &[&str] = &["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"];

/// What OpenAI has.
pub(super) const OWN: &Offer = &Offer {
    operations: &[
        Operation::Compact,
        Operation::Embed,
        Operation::Moderate,
        Operation::Imagine,
        Operation::EditImage,
        Operation::Speak,
        Operation::Transcribe,
        Operation::Translate,
    ],
    completes: LEGACY,
};

/// What deployments at Azure have.
pub(super) const AZURE: &Offer = &Offer {
    operations: &[
        Operation::Compact,
        Operation::Embed,
        Operation::Imagine,
        Operation::EditImage,
        Operation::Speak,
        Operation::Transcribe,
        Operation::Translate,
    ],
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
    completes: &[""],
};

impl Scope {
    /// The dialect of an operation.
    pub(super) fn speaks(
        self,
        operation: Operation,
        client: Dialect,
        model: &str,
    ) -> Option<Dialect> {
        let service = match operation {
            Operation::Converse => return Some(self.converses(client, model)),
            Operation::CountTokens => return None,
            Operation::Compact => {
                let compacts = self.offer.operations.contains(&operation);
                return (compacts && client == Dialect::Responses).then_some(client);
            }
            Operation::Embed => Service::Embeddings,
            Operation::Rerank => Service::Rerank,
            Operation::Moderate => Service::Moderations,
            Operation::Imagine | Operation::EditImage => Service::Images,
            Operation::Speak => Service::Speech,
            Operation::Transcribe | Operation::Translate => Service::Transcriptions,
        };
        let offers = self.offer.operations.contains(&operation);
        offers.then_some(Dialect::Service(service))
    }

    fn converses(self, client: Dialect, model: &str) -> Dialect {
        let completes = || {
            self.offer
                .completes
                .iter()
                .any(|name| model.starts_with(name))
        };
        match client {
            Dialect::Chat if self.chat => client,
            Dialect::Responses if self.responses => client,
            Dialect::Completions if completes() => client,
            _ => self.preferred,
        }
    }
}

/// The path of an operation in a dialect, behind the `/v1`.
pub(super) fn path(operation: Operation, dialect: Dialect) -> &'static str {
    match operation {
        Operation::Converse | Operation::CountTokens => match dialect {
            Dialect::Responses => "/responses",
            Dialect::Completions => "/completions",
            _ => "/chat/completions",
        },
        Operation::Compact => "/responses/compact",
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
    scope: Scope,
    chat: Uri,
    responses: Uri,
    models: Uri,
}

impl OpenAi {
    pub(super) fn new(base: &str, scope: Scope) -> Result<Self, String> {
        let base = Base::new(base)?.with_version();
        let at = |dialect| base.join(path(Operation::Converse, dialect));
        Ok(Self {
            scope,
            chat: at(Dialect::Chat)?,
            responses: at(Dialect::Responses)?,
            models: base.join("/models")?,
            base,
        })
    }
}

impl Site for OpenAi {
    fn speaks(&self, operation: Operation, client: Dialect, model: &str) -> Option<Dialect> {
        self.scope.speaks(operation, client, model)
    }

    fn address(&self, call: &Outbound<'_>, _: &mut HeaderMap) -> Result<Uri, String> {
        match (call.operation, call.dialect) {
            (Operation::Converse, Dialect::Chat) => Ok(self.chat.clone()),
            (Operation::Converse, Dialect::Responses) => Ok(self.responses.clone()),
            (operation, dialect) => self.base.join(path(operation, dialect)),
        }
    }

    fn base_url(&self) -> &str {
        self.base.as_str()
    }

    fn probe(&self, _: &mut HeaderMap) -> Option<Uri> {
        Some(self.models.clone())
    }
}
