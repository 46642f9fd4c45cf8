//! `manti model …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Style, column, spare};
use crate::catalog::prices::Purpose;
use crate::catalog::{Catalog, Offer};
use crate::providers;

/// What can be asked about models.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// List the models that are declared or known to a configured provider
    List,
    /// Show who serves a model, and at which price
    Show(Which),
}

/// A model.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name, an alias, or provider/model
    name: String,
}

const COLUMNS: &[Column] = &[
    column("id", "MODEL", Style::Text),
    column("provider", "PROVIDER", Style::Text),
    spare("upstream_model", "SENT AS", Style::Text, 4),
    column("input", "INPUT", Style::Amount),
    column("output", "OUTPUT", Style::Amount),
    spare("context", "CONTEXT", Style::Number, 2),
    spare("max_output", "MAX OUTPUT", Style::Number, 3),
    spare("kind", "KIND", Style::Text, 5),
    spare("aliases", "ALIASES", Style::Text, 1),
];

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let config = context.settings()?;
    context.block_on(async {
        let providers =
            providers::build(&config).map_err(|error| Failure::usage(error.to_string()))?;
        let catalog = Catalog::with_book(&config, &providers, super::price::in_force(&config)?);
        match command {
            Command::List => {
                let rows: Vec<Value> = catalog
                    .offers()
                    .iter()
                    .map(|offer| {
                        let mut row = row(offer);
                        for side in ["input", "output"] {
                            row[side] = row["prices"][side].clone();
                        }
                        row
                    })
                    .collect();
                Ok(context.output.list(&rows, COLUMNS)?)
            }
            Command::Show(which) => match catalog.offer(&which.name) {
                Ok(offer) => Ok(context.output.thing(&row(&offer))?),
                Err(refusal) => Err(Failure::not_found(format!(
                    "{}; see: manti model list",
                    refusal.message
                ))),
            },
        }
    })
}

fn row(offer: &Offer) -> Value {
    let route = offer.route.as_ref();
    let applied = route
        .ok()
        .and_then(|route| route.first().pricing.card(None));
    let entry = offer.entry.as_ref();
    json!({
        "id": offer.listed.id,
        "display_name": offer.listed.display_name,
        "provider": offer.listed.provider,
        "upstream_model": route.ok().map(|route| route.first().target.model.to_string()),
        "aliases": offer.aliases,
        "kind": offer.listed.purpose.map(Purpose::as_str),
        "declared": offer.declared,
        "strict": route.is_ok_and(|route| route.strict),
        "context": offer.listed.context,
        "max_output": offer.listed.max_output,
        "prices": applied.map(|applied| applied.card.standard().to_prices()),
        "price_source": applied.map(|applied| applied.source.to_string()),
        "retired": entry
            .and_then(|entry| entry.retired.as_ref())
            .map(|retired| json!({ "since": retired.since.to_string(), "successor": retired.successor })),
        "problem": route.err().map(|refusal| refusal.message.as_str()),
    })
}
