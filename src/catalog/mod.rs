//! What can be called: models, who serves them, what they can be told, and what they cost.
//!
//! Start at [`Catalog::route`]. A [`Catalog`] is an immutable snapshot of the configuration that
//! is swapped whole; [`prices`] has the price book, [`Pricing`] which of its prices hold.

pub mod abilities;
pub mod health;
mod healths;
mod nowhere;
pub mod prices;
mod pricing;
mod route;
mod site;
mod snapshot;

use std::sync::Arc;
use std::time::Instant;

use arc_swap::ArcSwap;

use crate::config::Config;
use crate::models::principal::Principal;
use crate::models::refusal::{Refusal, Situation};
use crate::providers::Providers;

use self::health::latency::Form;
use self::health::{Health, View};
use self::healths::Healths;
use self::prices::{Book, Entry, Purpose};
use self::snapshot::{Found, Snapshot};

pub use nowhere::{Nowhere, nowhere};
pub use pricing::{Applied, Pricing};
pub use route::{Candidate, Route};

/// A model as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The name to ask for.
    pub id: Arc<str>,
    /// Who serves it.
    pub provider: Arc<str>,
    /// When it came out, in seconds since 1970; where that is not known, the book's date.
    pub created: i64,
    /// For people.
    pub display_name: Arc<str>,
    /// The most tokens read and written together.
    pub context: Option<u64>,
    /// The most tokens written.
    pub max_output: Option<u64>,
    /// What it is called for, when that is known.
    pub purpose: Option<Purpose>,
}

impl Listed {
    /// Whether it holds conversations, as what nobody knows may.
    pub fn converses(&self) -> bool {
        self.purpose.is_none_or(Purpose::converses)
    }
}

/// A model that is served, for operators.
#[derive(Clone)]
pub struct Offer {
    /// As users see it.
    pub listed: Listed,
    /// Whether it is declared under `[models]`.
    pub declared: bool,
    /// Its other names under `[models]`.
    pub aliases: Vec<String>,
    /// Who serves it; or why it cannot be.
    pub route: Result<Arc<Route>, Refusal>,
    /// What the book has on it.
    pub entry: Option<Arc<Entry>>,
}

/// How a target does.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetState {
    /// Its provider.
    pub provider: String,
    /// Its model, in the provider's words.
    pub model: Arc<str>,
    /// What is known of it; its latency is that of streams.
    pub view: View,
    /// What a whole answer is expected to take, in seconds.
    pub whole: f64,
    /// For each of the provider's credentials, whether it is not taken, at all or for this model.
    pub refused: Vec<bool>,
}

/// The models that can be called now.
pub struct Catalog {
    current: ArcSwap<Snapshot>,
    healths: Arc<Healths>,
}

impl Catalog {
    /// The catalog of a configuration, with the book that came with the program.
    pub fn build(config: &Config, providers: &Providers) -> Self {
        Self::with_book(config, providers, Book::builtin())
    }

    /// The catalog of a configuration with a book.
    pub fn with_book(config: &Config, providers: &Providers, book: Arc<Book>) -> Self {
        let healths = Arc::<Healths>::default();
        healths.keep(providers);
        Self {
            current: ArcSwap::from_pointee(Snapshot::new(config, providers, book, &healths)),
            healths,
        }
    }

    /// Puts another configuration in its place; calls that have their route keep it.
    pub fn replace(&self, config: &Config, providers: &Providers) {
        let book = Arc::clone(&self.current.load().book);
        self.healths.keep(providers);
        let snapshot = Snapshot::new(config, providers, book, &self.healths);
        self.current.store(Arc::new(snapshot));
    }

    /// Who serves a model to a caller.
    ///
    /// The caller's own routes go first, then an exact name or alias, then a configured provider's
    /// name before a slash, then a provider that takes any name.
    pub fn route(&self, principal: &Principal, name: &str) -> Result<Arc<Route>, Refusal> {
        let snapshot = self.current.load();
        let (route, allowed) = match principal.route(name) {
            Some(routed) if !routed.rules.observe_routes => {
                let route = snapshot.resolve(routed.to)?;
                let names = [routed.to, &*route.known_as];
                let allowed = principal.may_follow(routed, name, &names);
                (Arc::new(route.asked_for_as(name)), allowed)
            }
            routed => {
                let route = snapshot.resolve(name)?;
                let allowed = principal.may_use(&[name, &route.known_as]);
                let other = routed.and_then(|routed| snapshot.resolve(routed.to).ok());
                let route = match other {
                    Some(other) => Arc::new(route.observing(other)),
                    None => route,
                };
                (route, allowed)
            }
        };
        if !allowed {
            let message = format!("this key may not use the model `{name}`");
            return Err(Refusal::new(Situation::ModelNotAllowed, message).param("model"));
        }
        snapshot.may_cost(name, &route)?;
        Ok(route)
    }

    /// What a name stands for, whoever asks.
    pub fn resolve(&self, name: &str) -> Result<Arc<Route>, Refusal> {
        self.current.load().resolve(name)
    }

    /// Who serves a model in another's place, whoever asks.
    pub fn substitute(&self, name: &str) -> Result<Arc<Route>, Refusal> {
        let snapshot = self.current.load();
        let route = snapshot.resolve(name)?;
        snapshot.may_cost(name, &route)?;
        Ok(route)
    }

    /// Whether calls without a price are refused.
    pub fn blocks_unpriced(&self) -> bool {
        self.current.load().block_unpriced
    }

    /// How every target does that was used, for operators.
    pub fn targets(&self, now: Instant) -> Vec<TargetState> {
        let healths = self.healths.all().into_iter();
        let state = |(provider, model, health): (_, _, Arc<Health>)| TargetState {
            provider,
            model,
            view: health.view(Form::Stream, now),
            whole: health.view(Form::Whole, now).latency,
            refused: health.refused(now),
        };
        healths.map(state).collect()
    }

    /// The models that a caller may use, by name.
    pub fn models(&self, principal: &Principal) -> Vec<Listed> {
        let snapshot = self.current.load();
        let usable = snapshot.offers.iter().filter(|found| {
            let served = |route: &Arc<Route>| !snapshot.block_unpriced || route.is_priced();
            let allowed = principal.may_use(&[&found.listed.id, &found.known_as]);
            allowed && found.route.as_ref().is_ok_and(served)
        });
        usable.map(|found| found.listed.clone()).collect()
    }

    /// A model that a caller may use, under any of its names.
    pub fn model(&self, principal: &Principal, name: &str) -> Result<Listed, Refusal> {
        let route = self.route(principal, name)?;
        Ok(self.current.load().listed(&route))
    }

    /// Every model that is declared or known to a configured provider, by name.
    pub fn offers(&self) -> Vec<Offer> {
        let snapshot = self.current.load();
        let declared = snapshot.offers.iter().filter(|found| !found.alias);
        declared.map(|found| snapshot.offer(found)).collect()
    }

    /// What a name stands for, whoever asks.
    pub fn offer(&self, name: &str) -> Result<Offer, Refusal> {
        let snapshot = self.current.load();
        let route = snapshot.resolve(name)?;
        let known = snapshot
            .offers
            .iter()
            .find(|found| found.listed.id == route.known_as);
        Ok(match known {
            Some(found) => snapshot.offer(found),
            None => snapshot.offer(&Found {
                listed: snapshot.listed(&route),
                known_as: Arc::clone(&route.known_as),
                alias: false,
                route: Ok(route),
            }),
        })
    }

    /// The price book in use.
    pub fn book(&self) -> Arc<Book> {
        Arc::clone(&self.current.load().book)
    }
}

#[cfg(test)]
mod tests;
