//! What a name stands for: the targets that may serve it, and on which terms each does.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::Pricing;
use super::health::Health;
use super::healths::Healths;
use crate::config::{Fallbacks, Strategy};
use crate::models::abilities::Abilities;
use crate::models::api_key::matches;
use crate::models::caps::Caps;
use crate::providers::Target;

/// What a name stands for.
#[derive(Clone)]
pub struct Route {
    /// The name the client asked for.
    pub requested: Arc<str>,
    /// The name that may be allowed besides: that of the model which the requested one is an
    /// alias of.
    pub known_as: Arc<str>,
    /// The name that its limits count under: the model's without its provider's.
    pub limited_as: Arc<str>,
    /// Who may serve it; never empty.
    pub candidates: Vec<Arc<Candidate>>,
    /// How one of them is chosen.
    pub strategy: Strategy,
    /// Whether the calls of one conversation go to the same one.
    pub affinity: bool,
    /// Which models serve what they cannot.
    pub fallbacks: Fallbacks,
    /// What all callers may use together.
    pub limits: Caps,
    /// Whether what the target cannot be told is refused instead of dropped.
    pub strict: bool,
    /// What would hold if what is only observed were followed.
    pub observed: Option<Arc<Route>>,
}

/// A target that may serve a name, and its terms.
pub struct Candidate {
    /// Who it is.
    pub target: Target,
    /// What it costs.
    pub pricing: Pricing,
    /// What it can be told.
    pub abilities: Abilities,
    /// Its share of the calls beside the others'.
    pub weight: u32,
    /// What a call's tags must be: for each name one of some patterns.
    pub when: BTreeMap<String, Vec<String>>,
    /// Whether it is only reported when it would be chosen.
    pub observe: bool,
    pub(super) health: OnceLock<Arc<Health>>,
    pub(super) healths: Arc<Healths>,
}

impl Route {
    /// The candidate that is named first.
    pub fn first(&self) -> &Arc<Candidate> {
        &self.candidates[0]
    }

    /// The same under another name.
    pub(super) fn asked_for_as(&self, name: &str) -> Self {
        Self {
            requested: name.into(),
            ..self.clone()
        }
    }

    /// The same, with another that is only observed.
    pub(super) fn observing(&self, other: Arc<Self>) -> Self {
        Self {
            observed: Some(other),
            ..self.clone()
        }
    }

    /// Whether a call has a price before it is made, whoever serves it.
    pub fn is_priced(&self) -> bool {
        self.candidates.iter().any(|one| one.pricing.is_known())
    }
}

impl Candidate {
    /// How it does.
    pub fn health(&self) -> &Arc<Health> {
        self.health.get_or_init(|| self.healths.of(&self.target))
    }

    /// Whether it asks for tags that these are; `None` when it asks for none.
    pub fn suits(&self, tags: &BTreeMap<String, String>) -> Option<bool> {
        if self.when.is_empty() {
            return None;
        }
        Some(self.when.iter().all(|(name, patterns)| {
            let tag = tags.get(name);
            tag.is_some_and(|tag| patterns.iter().any(|pattern| matches(pattern, tag)))
        }))
    }
}
