//! What a configured provider serves, on which terms.

use std::collections::HashSet;
use std::sync::Arc;

use super::prices::{Card, Entry, Purpose};
use crate::config::{self, Config, Kind};
use crate::dialects::{Dialect, Service};
use crate::models::operation::Operation;
use crate::models::preset::Preset;
use crate::providers::Provider;

/// Whose prices the built-in model has.
const DEMO: &str = "demo";

/// A configured provider.
pub(super) struct Site {
    pub(super) provider: Arc<dyn Provider>,
    pub(super) name: Arc<str>,
    pub(super) kind: Kind,
    /// Whose list prices hold.
    pub(super) origin: Option<&'static str>,
    /// Whose models these are themselves.
    pub(super) makes: Option<&'static str>,
    /// Whose models are served without being listed.
    pub(super) knows: Option<&'static str>,
    pub(super) listed: HashSet<String>,
    pub(super) takes_any: bool,
    pub(super) upstream: config::Upstream,
    pub(super) price: Option<Card>,
}

impl Site {
    pub(super) fn new(config: &Config, name: &str, provider: &Arc<dyn Provider>) -> Self {
        let own = config.providers.get(name);
        let kind = provider.kind();
        let row = kind.row(provider.base_url());
        let origin = match kind {
            Kind::Demo => Some(DEMO),
            _ => row.map(Preset::origin),
        };
        // At Azure a model is called as its deployment is.
        let is_itself = !matches!(kind, Kind::OpenAiCompatible | Kind::AzureOpenAi);
        let makes_models = row.is_none_or(|row| row.makes_models);
        let (any, listed): (Vec<_>, Vec<_>) = provider
            .models()
            .iter()
            .cloned()
            .partition(|name| name == "*");
        Self {
            provider: Arc::clone(provider),
            name: name.into(),
            kind,
            origin,
            makes: origin.filter(|_| is_itself && makes_models),
            knows: origin.filter(|_| is_itself && provider.models().is_empty()),
            takes_any: !any.is_empty(),
            listed: listed.into_iter().collect(),
            upstream: own.map_or_else(
                || config.upstream.clone(),
                |own| config.upstream.with(&own.upstream),
            ),
            price: own.and_then(|own| own.price.as_ref()).map(Card::new),
        }
    }

    /// Whether it serves a model of the book when nobody says which it serves.
    pub(super) fn serves(&self, entry: &Entry) -> bool {
        let service = Dialect::Service;
        let (operation, client) = match entry.purpose {
            Purpose::Chat | Purpose::Responses => (Operation::Converse, Dialect::Chat),
            Purpose::Completion => (Operation::Converse, Dialect::Completions),
            Purpose::Embedding => (Operation::Embed, service(Service::Embeddings)),
            Purpose::Rerank => (Operation::Rerank, service(Service::Rerank)),
            Purpose::Image => (Operation::Imagine, service(Service::Images)),
            Purpose::Speech => (Operation::Speak, service(Service::Speech)),
            Purpose::Transcription => (Operation::Transcribe, service(Service::Transcriptions)),
            Purpose::Moderation => (Operation::Moderate, service(Service::Moderations)),
        };
        let speaks = || self.provider.speaks(operation, client, &entry.id);
        entry.retired.is_none() && speaks().is_some()
    }
}
