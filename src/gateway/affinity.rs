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
    targets: Cache<u64, Target>,
    digest: RandomState,
}

/// A provider, and the model in its words.
type Target = (Arc<str>, Arc<str>);

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

    /// By what a call's conversation is known, where that decides anything: a client of responses
    /// may give back thoughts that only their maker can read.
    pub(super) fn conversation(&self, call: &Call, route: &Route) -> Option<u64> {
        let counts = route.affinity || call.dialect() == Dialect::Responses;
        if !counts || route.candidates.len() < 2 || call.endpoint.operation() != Operation::Converse
        {
            return None;
        }
        let thread = peek::thread(&call.body, call.dialect())?;
        let whose = (&call.principal.user_id, &route.known_as);
        Some(self.digest.hash_one((whose, thread)))
    }

    /// Whether a candidate served a conversation last.
    pub(super) fn served(&self, conversation: u64) -> impl Fn(&Candidate) -> bool {
        let last = self.targets.get(&conversation);
        move |candidate| {
            let target = &candidate.target;
            last.as_ref().is_some_and(|(provider, model)| {
                *provider == target.provider_name && *model == target.model
            })
        }
    }

    /// A candidate serves a conversation.
    pub(super) fn remember(&self, conversation: u64, candidate: &Candidate) {
        let target = &candidate.target;
        let target = (Arc::clone(&target.provider_name), Arc::clone(&target.model));
        self.targets.insert(conversation, target);
    }
}
