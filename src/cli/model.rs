//! `manti model …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::declare::{self, Sets};
use super::explain;
use super::failure::Failure;
use super::output::{Column, Style, column, spare};
use crate::catalog::prices::Purpose;
use crate::catalog::{Catalog, Offer as Served};
use crate::config::Offer;

/// What can be asked about models.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// List the models that are declared or known to a configured provider
    List,
    /// Show who serves a model, and at which price
    Show(Which),
    /// Tell where a call would go and why, without making it
    Explain(explain::Options),
    /// Declare a model in the database; one of the settings file is changed there
    Add(Add),
    /// Remove a model from the database
    Remove(Which),
}

/// A new model.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// What clients call it
    name: String,
    #[arg(
        long = "target",
        value_name = "PROVIDER[/MODEL]",
        help = "Who serves it, and under which name [default: the provider that knows the name]"
    )]
    targets: Vec<String>,
    /// Other names for it
    #[arg(long, value_name = "NAME,…", value_delimiter = ',')]
    aliases: Vec<String>,
    #[command(flatten)]
    sets: Sets,
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

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    context.block_on(async {
        let command = match command {
            Command::Add(options) => return add(context, options).await,
            Command::Remove(which) => {
                return declare::remove(context, Offer::Model, &which.name).await;
            }
            other => other,
        };
        let (config, providers) = declare::in_force(context).await?;
        let catalog = Catalog::with_book(&config, &providers, super::price::in_force(&config)?);
        match &command {
            Command::Add(_) | Command::Remove(_) => Ok(()),
            Command::Explain(asked) => explain::run(context, &config, &catalog, asked).await,
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

async fn add(context: &Context, options: Add) -> Result<(), Failure> {
    let mut fields = options.sets.fields();
    let target = |target: &String| match target.split_once('/') {
        Some((provider, model)) => json!({ "provider": provider, "model": model }),
        None => json!({ "provider": target }),
    };
    if !options.targets.is_empty() {
        fields.insert(
            "targets".to_owned(),
            options.targets.iter().map(target).collect(),
        );
    }
    if !options.aliases.is_empty() {
        fields.insert("aliases".to_owned(), options.aliases.into());
    }
    declare::add(context, Offer::Model, &options.name, fields).await
}

fn row(offer: &Served) -> Value {
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
