//! The providers that are configured.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::demo::Demo;
use super::remote::Remote;
use super::{Misconfigured, Provider};
use crate::config::{self, Config, Kind};

/// The configured providers by name.
pub type Providers = BTreeMap<String, Arc<dyn Provider>>;

/// The name of the built-in provider.
const DEMO: &str = "demo";

/// Builds every configured provider, and `demo` when there is no other.
pub fn build(config: &Config) -> Result<Providers, Misconfigured> {
    let mut providers = Providers::new();
    for (name, own) in &config.providers {
        providers.insert(name.clone(), one(name, own)?);
    }
    if providers.is_empty() {
        providers.insert(DEMO.to_owned(), Arc::new(Demo::new(DEMO, None)));
    }
    Ok(providers)
}

/// Builds one provider.
pub fn one(name: &str, config: &config::Provider) -> Result<Arc<dyn Provider>, Misconfigured> {
    if config.kind == Kind::Demo {
        return Ok(Arc::new(Demo::new(name, Some(config))));
    }
    let remote = Remote::new(name, config).map_err(|message| Misconfigured {
        provider: name.to_owned(),
        message,
    })?;
    Ok(Arc::new(remote))
}
