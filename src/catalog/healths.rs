//! The health of every target that was used, which outlives changes of the configuration.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::sync::Cache;

use super::health::Health;
use super::health::credentials::Credentials;
use crate::providers::{Provider, Providers, Target};

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

    fn is_of(&self, provider: &Arc<dyn Provider>) -> bool {
        Arc::ptr_eq(provider, &self.provider)
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

    /// These are the providers from now on: one that was set anew has everything before it, and
    /// those that are gone are forgotten. To be told before their targets are asked for.
    pub(super) fn keep(&self, providers: &Providers) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|name, site| providers.get(name).is_some_and(|now| site.is_of(now)));
        for (name, provider) in providers {
            if !known.contains_key(name) {
                known.insert(name.clone(), Site::new(provider));
            }
        }
    }

    /// A call that began before its provider was set anew, or went, is on its own.
    fn at<T>(&self, provider: &Arc<dyn Provider>, of: impl FnOnce(&mut Site) -> T) -> T {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(provider.name()) {
            Some(site) if site.is_of(provider) => of(site),
            _ => of(&mut Site::new(provider)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::providers::build;

    fn target(providers: &Providers) -> Target {
        Target {
            provider: Arc::clone(&providers["demo"]),
            provider_name: "demo".into(),
            model: "m".into(),
            timeouts: Config::defaults("data").upstream,
        }
    }

    #[test]
    fn a_call_from_before_a_provider_was_set_anew_does_not_replace_its_health() {
        let config = Config::defaults("data");
        let before = build(&config).unwrap();
        let healths = Healths::default();
        healths.keep(&before);
        let old = healths.of(&target(&before));
        assert!(Arc::ptr_eq(&old, &healths.of(&target(&before))));
        let after = build(&config).unwrap();
        healths.keep(&after);
        let new = healths.of(&target(&after));
        assert!(!Arc::ptr_eq(&old, &new));
        let late = healths.of(&target(&before));
        assert!(!Arc::ptr_eq(&late, &new));
        assert!(Arc::ptr_eq(&new, &healths.of(&target(&after))));
        let all = healths.all();
        assert_eq!(all.len(), 1);
        assert!(Arc::ptr_eq(&all[0].2, &new));
    }
}
