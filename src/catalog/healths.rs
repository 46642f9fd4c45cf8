//! The health of every target that was used, which outlives changes of the configuration.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::health::Health;
use super::health::credentials::Credentials;
use crate::providers::{Provider, Target};

/// Healths by provider and model.
#[derive(Default)]
pub(super) struct Healths {
    known: Mutex<HashMap<String, Site>>,
}

/// The targets at one provider.
struct Site {
    provider: Arc<dyn Provider>,
    credentials: Arc<Credentials>,
    /// What models that nobody listed share.
    any: Arc<Health>,
    models: HashMap<Arc<str>, Arc<Health>>,
}

impl Site {
    fn new(provider: &Arc<dyn Provider>) -> Self {
        let credentials = Arc::new(Credentials::new(provider.credentials()));
        Self {
            provider: Arc::clone(provider),
            any: Arc::new(Health::new(Arc::clone(&credentials))),
            credentials,
            models: HashMap::new(),
        }
    }
}

impl Healths {
    /// That of a target whose model is listed.
    pub(super) fn of(&self, target: &Target) -> Arc<Health> {
        self.at(&target.provider, |site| {
            let model = site.models.entry(Arc::clone(&target.model));
            let fresh = || Arc::new(Health::new(Arc::clone(&site.credentials)));
            Arc::clone(model.or_insert_with(fresh))
        })
    }

    /// That which all other models of a provider share: their names are the clients'.
    pub(super) fn of_others(&self, provider: &Arc<dyn Provider>) -> Arc<Health> {
        self.at(provider, |site| Arc::clone(&site.any))
    }

    /// Whatever is known, for operators: each provider's name, model and health.
    pub(super) fn all(&self) -> Vec<(String, Option<Arc<str>>, Arc<Health>)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(name, site): (&String, &Site)| {
            let models = site.models.iter();
            let models = models.map(|(model, health)| (Some(Arc::clone(model)), health));
            let all: Vec<_> = models.chain([(None, &site.any)]).collect();
            let named = |(model, health): (_, &Arc<_>)| (name.clone(), model, Arc::clone(health));
            all.into_iter().map(named).collect::<Vec<_>>()
        };
        known.iter().flat_map(of).collect()
    }

    /// Forgets providers that are gone.
    pub(super) fn keep(&self, providers: &crate::providers::Providers) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|name, site| {
            let now = providers.get(name);
            now.is_some_and(|provider| Arc::ptr_eq(provider, &site.provider))
        });
    }

    /// A provider that was set anew has everything before it.
    fn at<T>(&self, provider: &Arc<dyn Provider>, of: impl FnOnce(&mut Site) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let site = known
            .entry(provider.name().to_owned())
            .or_insert_with(|| Site::new(provider));
        if !Arc::ptr_eq(&site.provider, provider) {
            *site = Site::new(provider);
        }
        of(site)
    }
}
