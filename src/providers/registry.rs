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
        let provider = provider(name, own).map_err(|message| Misconfigured {
            provider: name.clone(),
            message,
        })?;
        providers.insert(name.clone(), provider);
    }
    if providers.is_empty() {
        providers.insert(DEMO.to_owned(), Arc::new(Demo::new(DEMO, None)));
    }
    Ok(providers)
}

/// One provider by its kind.
fn provider(name: &str, config: &config::Provider) -> Result<Arc<dyn Provider>, String> {
    Ok(match config.kind {
        Kind::Demo => Arc::new(Demo::new(name, Some(config))),
        Kind::OpenAi | Kind::Anthropic | Kind::OpenAiCompatible => {
            Arc::new(Remote::new(name, config)?)
        }
    })
}
