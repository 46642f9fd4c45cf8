//! OpenAI, and whoever speaks its wire formats.

use http::{HeaderMap, Uri};

use super::Outbound;
use super::address::Base;
use super::site::Site;
use crate::config::{Kind, Speaks};
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;
use crate::models::preset::{More, Preset, Words};

/// What of OpenAI's API somebody has.
#[derive(Debug)]
pub(super) struct Scope {
    /// Whether it has chat completions.
    pub(super) chat: bool,
    /// Whether it has responses.
    pub(super) responses: bool,
    /// The dialect that clients of others are translated to.
    pub(super) preferred: Dialect,
    /// What it has beside conversations.
    pub(super) operations: Vec<Operation>,
    /// The models with legacy completions, by how their names begin; `""` for all.
    pub(super) completes: &'static [&'static str],
    /// The words in which it takes embeddings.
    pub(super) embeddings: Service,
    /// The words in which it takes rerankings.
    pub(super) rerank: Service,
}

/// OpenAI's models with legacy completions.
const LEGACY: &[&str] = &["gpt-3.5-turbo-instruct", "davinci-002", "babbage-002"];

/// All that OpenAI's API and those who go beyond it have beside conversations.
const ALL: [Operation; 9] = [
    Operation::Compact,
    Operation::Embed,
    Operation::Rerank,
    Operation::Moderate,
    Operation::Imagine,
    Operation::EditImage,
    Operation::Speak,
    Operation::Transcribe,
    Operation::Translate,
];

impl Scope {
    /// What a provider of a kind has, and speaks to clients of other dialects in.
    pub(super) fn of(kind: Kind, row: Option<&'static Preset>, preferred: Speaks) -> Self {
        let itself = matches!(kind, Kind::OpenAi | Kind::AzureOpenAi);
        let known = row.is_some();
        let has = |more| row.is_none_or(|row| row.has(more));
        let has = |operation: &Operation| match operation {
            Operation::Compact => itself,
            Operation::Embed => has(More::Embeddings),
            Operation::Rerank => has(More::Rerank),
            Operation::Moderate => has(More::Moderation),
            Operation::Imagine | Operation::EditImage => has(More::Images),
            Operation::Speak => has(More::Speech),
            Operation::Transcribe | Operation::Translate => has(More::Transcription),
            Operation::Converse | Operation::CountTokens => true,
        };
        let words = row.map_or(Words::OpenAi, |row| row.words);
        Self {
            // One that is known by its address alone speaks what it is said to, and nothing else.
            chat: known || preferred == Speaks::Chat,
            responses: preferred == Speaks::Responses
                || row.is_some_and(|row| row.has(More::Responses)),
            preferred: match preferred {
                Speaks::Responses => Dialect::Responses,
                _ => Dialect::Chat,
            },
            operations: ALL.into_iter().filter(has).collect(),
            completes: match row {
                _ if itself => LEGACY,
                Some(row) if !row.has(More::Completions) => &[],
                _ => &[""],
            },
            embeddings: match words {
                Words::OpenAi => Service::Embeddings,
                Words::Voyage => Service::VoyageEmbeddings,
                Words::Jina => Service::JinaEmbeddings,
            },
            rerank: match words {
                Words::OpenAi | Words::Jina => Service::Rerank,
                Words::Voyage => Service::VoyageRerank,
            },
        }
    }

    /// The dialect of an operation.
    pub(super) fn speaks(
        &self,
        operation: Operation,
        client: Dialect,
        model: &str,
    ) -> Option<Dialect> {
        let service = match operation {
            Operation::Converse => return Some(self.converses(client, model)),
            Operation::CountTokens => return None,
            Operation::Compact => {
                let compacts = self.operations.contains(&operation);
                return (compacts && client == Dialect::Responses).then_some(client);
            }
            Operation::Embed => self.embeddings,
            Operation::Rerank => self.rerank,
            Operation::Moderate => Service::Moderations,
            Operation::Imagine | Operation::EditImage => Service::Images,
            Operation::Speak => Service::Speech,
            Operation::Transcribe | Operation::Translate => Service::Transcriptions,
        };
        let offers = self.operations.contains(&operation);
        offers.then_some(Dialect::Service(service))
    }

    fn converses(&self, client: Dialect, model: &str) -> Dialect {
        let completes = || self.completes.iter().any(|name| model.starts_with(name));
        match client {
            Dialect::Chat if self.chat => client,
            Dialect::Responses if self.responses => client,
            Dialect::Completions if completes() => client,
            // Chat says more of what a continued text is asked with.
            Dialect::Completions if self.chat => Dialect::Chat,
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
