//! Options that declare providers and models in the database, in the words of the settings file.

use clap::Args;
use serde_json::Value;

use super::context::{Context, Expect};
use super::failure::Failure;
use crate::auth::{Actor, Vault};
use crate::config::{Config, Fields, Offer};
use crate::offers::{Offered, Offers};
use crate::providers::{self, Providers};
use crate::store::Store;

/// A setting as it is typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    key: String,
    value: Value,
}

/// Settings by their names in the file.
#[derive(Debug, Args)]
pub(super) struct Sets {
    #[arg(
        long,
        value_name = "KEY=VALUE",
        value_parser = pair,
        help = "Any other setting of the file, its value as a text or as JSON; again for more"
    )]
    set: Vec<Pair>,
}

impl Sets {
    /// The fields they set.
    pub(super) fn fields(self) -> Fields {
        let pairs = self.set.into_iter();
        pairs.map(|pair| (pair.key, pair.value)).collect()
    }
}

/// A setting, for clap. Secrets are refused: they would stand in the shell's history.
fn pair(text: &str) -> Result<Pair, String> {
    let (key, value) = text
        .split_once('=')
        .ok_or("give a setting and its value, such as strict=true")?;
    let key = key.trim();
    if Offer::Provider.is_secret(key) {
        return Err("is a secret: give it on standard input with --api-key-stdin".to_owned());
    }
    let structured = value.starts_with(['{', '[']) || ["true", "false", "null"].contains(&value);
    let value = match serde_json::from_str(value) {
        Ok(value) if structured => value,
        _ if value.starts_with(['{', '[']) => return Err("is not JSON".to_owned()),
        _ => Value::from(value),
    };
    Ok(Pair {
        key: key.to_owned(),
        value,
    })
}

/// What is declared in the database, beside settings.
pub(super) fn offers(config: &Config, store: &Store, context: &Context) -> Result<Offers, Failure> {
    let built = providers::build(config).map_err(|error| Failure::usage(error.to_string()))?;
    let vault = Vault::new(config.master_key.as_ref(), store, &config.data_dir);
    let parts = (store.clone(), context.clock.clone(), vault);
    Ok(Offers::new(parts, config.clone(), built, None))
}

/// Opens the database to write what it declares.
pub(super) async fn opened(context: &Context) -> Result<Offers, Failure> {
    let store = context.store(Expect::Made).await?;
    offers(&context.settings()?, &store, context)
}

/// The settings and the providers in force: those of a running gateway, as far as the database
/// can be asked.
pub(super) async fn in_force(context: &Context) -> Result<(Config, Providers), Failure> {
    let config = context.settings()?;
    let known = match context.store_if_any(&config).await {
        Some(store) => {
            let offers = offers(&config, &store, context)?;
            match offers.reload().await {
                Ok(()) => Some(offers),
                Err(error) => {
                    super::output::warn(&format!("the database is not asked: {error}"));
                    None
                }
            }
        }
        None => None,
    };
    let Some(offers) = known else {
        let built = providers::build(&config).map_err(|error| Failure::usage(error.to_string()))?;
        return Ok((config, built));
    };
    let state = offers.state();
    if let Some(problem) = &state.problems.rows {
        super::output::warn(&format!(
            "what the database declares is not in force: {problem}"
        ));
    }
    for (offer, name) in &state.shadowed {
        super::output::warn(&format!(
            "the database's {} {name} has no effect: file or environment declare it",
            offer.noun()
        ));
    }
    Ok(((*state.config).clone(), (*state.providers).clone()))
}

/// Declares something, or takes it away; prints it.
pub(super) async fn add(
    context: &Context,
    offer: Offer,
    name: &str,
    fields: Fields,
) -> Result<(), Failure> {
    let offers = opened(context).await?;
    let made = offers
        .create(&Actor::operator(), offer, name, fields)
        .await
        .map_err(|error| Failure::offer(error, offer, name))?;
    print(context, &made)
}

/// Takes something away.
pub(super) async fn remove(context: &Context, offer: Offer, name: &str) -> Result<(), Failure> {
    let offers = opened(context).await?;
    let noun = offer.noun();
    let failed = |error| Failure::offer(error, offer, name);
    offers
        .show(&Actor::operator(), offer, name)
        .await
        .map_err(failed)?;
    context
        .prompt
        .confirm_on_terminal(&format!("Remove the {noun} {name}?"))?;
    let removed = offers
        .remove(&Actor::operator(), offer, name)
        .await
        .map_err(failed)?;
    print(context, &removed)
}

fn print(context: &Context, offered: &Offered) -> Result<(), Failure> {
    let value = serde_json::to_value(offered).unwrap_or_default();
    Ok(context.output.thing(&value)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn settings_are_texts_unless_they_look_like_json() {
        let value = |text: &str| pair(text).map(|pair| (pair.key, pair.value));
        assert_eq!(
            value("api_version=2024-10-21"),
            Ok(("api_version".to_owned(), json!("2024-10-21")))
        );
        assert_eq!(value("strict=true"), Ok(("strict".to_owned(), json!(true))));
        assert_eq!(
            value("price={\"input\":\"1\"}"),
            Ok(("price".to_owned(), json!({"input": "1"})))
        );
        for wrong in ["strict", "targets=[", "api_key=sk-1", "client_secret=x"] {
            assert!(value(wrong).is_err(), "{wrong}");
        }
    }
}
