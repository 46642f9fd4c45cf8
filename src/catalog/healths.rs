//! The health of every target that was used, which outlives changes of the configuration.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::health::Health;
use super::health::credentials::Credentials;
use crate::providers::{Provider, Target};

/// How many models that nobody listed are known at a provider, and for how long.
const MOST_OTHERS: u64 = 1000;
const LASTS: Duration = Duration::from_mins(10);

/// Healths by provider and model.
#[derive(Default)]
pub(super) struct Healths {
    known: Mutex<HashMap<String, Site>>,
}

/// The targets at one provider.
struct Site {
    provider: Arc<dyn Provider>,
    credentials: Arc<Credentials>,
    models: HashMap<Arc<str>, Arc<Health>>,
    /// Those of models that nobody listed: their names are the clients'.
    others: Cache<Arc<str>, Arc<Health>>,
}

impl Site {
    fn new(provider: &Arc<dyn Provider>) -> Self {
        let credentials = Arc::new(Credentials::new(provider.credentials()));
        Self {
            provider: Arc::clone(provider),
            credentials,
            models: HashMap::new(),
            others: Cache::builder()
                .max_capacity(MOST_OTHERS)
                .time_to_idle(LASTS)
                .build(),
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

    /// That of a target whose model nobody listed; it is forgotten when nobody asks for it.
    pub(super) fn of_other(&self, provider: &Arc<dyn Provider>, model: &Arc<str>) -> Arc<Health> {
        self.at(provider, |site| {
            let fresh = || Arc::new(Health::new(Arc::clone(&site.credentials)));
            site.others.get_with_by_ref(model, fresh)
        })
    }

    /// Whatever is known of listed models, for operators: each provider's name, model and health.
    pub(super) fn all(&self) -> Vec<(String, Arc<str>, Arc<Health>)> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of = |(name, site): (&String, &Site)| {
            let models = site.models.iter();
            let one = |(model, health): (&Arc<str>, &Arc<_>)| {
                (name.clone(), Arc::clone(model), Arc::clone(health))
            };
            models.map(one).collect::<Vec<_>>()
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
