//! What is declared and leads nowhere: models that nobody serves, and fallbacks to such.

use super::Catalog;
use crate::config::Config;
use crate::providers::Providers;

/// A declared model that leads nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nowhere {
    /// Its name.
    pub model: String,
    /// The setting that leads there; `None`: nobody serves the model itself.
    pub field: Option<&'static str>,
    /// Why.
    pub message: String,
}

/// All that settings declare and that leads nowhere with these providers.
pub fn nowhere(config: &Config, providers: &Providers) -> Vec<Nowhere> {
    let catalog = Catalog::build(config, providers);
    let offers = catalog.offers().into_iter();
    let unserved = offers.filter(|offer| offer.declared).filter_map(|offer| {
        Some(Nowhere {
            model: offer.listed.id.to_string(),
            field: None,
            message: offer.route.err()?.message,
        })
    });
    let models = config.models.iter();
    let leading = models.flat_map(|(name, model)| {
        let named = model.fallbacks.named().into_iter();
        named.flat_map(move |(field, list)| list.iter().map(move |to| (name, field, to)))
    });
    let falling = leading.filter_map(|(name, field, to)| {
        let refusal = catalog.resolve(to).err()?;
        Some(Nowhere {
            model: name.clone(),
            field: Some(field),
            message: format!("falls back to `{to}`: {}", refusal.message),
        })
    });
    unserved.chain(falling).collect()
}
