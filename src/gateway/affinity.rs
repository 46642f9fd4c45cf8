//! Which target a conversation was last served by: it has the prompt in its cache, and what it
//! thought is worth something to it alone.
//!
//! In this process only. A conversation is known by a digest that says nothing of it.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;

use super::call::Call;
use crate::catalog::{Candidate, Route};
use crate::dialects::{Dialect, peek};
use crate::models::operation::Operation;

/// How long a target is remembered: providers keep prompts for an hour at most.
const LASTS: Duration = Duration::from_hours(1);

/// The most conversations that are remembered.
const MOST: u64 = 100_000;

/// The targets of the last hour's conversations.
pub(super) struct Affinity {
    targets: Cache<u64, Served>,
    digest: RandomState,
}

/// By what a conversation is known.
pub(super) struct Conversation {
    digest: u64,
    /// Whether it is stored with whoever served it, and nobody else can go on with it.
    pub(super) stored: bool,
}

/// Who served a conversation: a provider, with a model in its words.
#[derive(Clone)]
pub(super) struct Served {
    provider: Arc<str>,
    model: Arc<str>,
}

impl Affinity {
    pub(super) fn new() -> Self {
        Self {
            targets: Cache::builder()
                .max_capacity(MOST)
                .time_to_idle(LASTS)
                .build(),
            digest: RandomState::new(),
        }
    }

    /// By what a call's conversation is known, where several may serve it and it may matter who
    /// did: for what is in its cache, or because the client gives back what only its maker can
    /// read.
    pub(super) fn conversation(&self, call: &Call, route: &Route) -> Option<Conversation> {
        let gives_back = matches!(
            call.dialect(),
            Dialect::Responses | Dialect::Messages | Dialect::Gemini
        );
        let counts = route.affinity || gives_back;
        if !counts || route.candidates.len() < 2 || call.endpoint.operation() != Operation::Converse
        {
            return None;
        }
        let thread = peek::thread(&call.body, call.dialect())?;
        // What is stored may be gone on with under another name for its model.
        let model = if thread.stored { "" } else { &*route.known_as };
        Some(Conversation {
            digest: self.digest(call, model, &thread.key),
            stored: thread.stored,
        })
    }

    fn digest(&self, call: &Call, model: &str, key: &[u8]) -> u64 {
        self.digest.hash_one((&call.principal.user_id, model, key))
    }

    /// Who served a conversation last.
    pub(super) fn served(&self, conversation: &Conversation) -> Option<Served> {
        self.targets.get(&conversation.digest)
    }

    /// A candidate serves a call's conversation, with an answer that later ones may refer to.
    pub(super) fn remember(
        &self,
        call: &Call,
        conversation: &Conversation,
        candidate: &Candidate,
        answer: Option<&str>,
    ) {
        let target = &candidate.target;
        let served = Served {
            provider: Arc::clone(&target.provider_name),
            model: Arc::clone(&target.model),
        };
        if let Some(id) = answer {
            let named = self.digest(call, "", id.as_bytes());
            self.targets.insert(named, served.clone());
        }
        self.targets.insert(conversation.digest, served);
    }
}

impl Served {
    /// Whether it was this one.
    pub(super) fn is(&self, candidate: &Candidate) -> bool {
        let target = &candidate.target;
        self.provider == target.provider_name && self.model == target.model
    }
}
