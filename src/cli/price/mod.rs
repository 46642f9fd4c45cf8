//! `manti price …`

mod book;

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::{Column, Format, Style, column, error, note, spare, warn};
use crate::catalog::Catalog;
use crate::catalog::prices::Entry;
use crate::config::Kind;
use crate::models::usage::Prices;
use crate::providers;

/// What can be asked about prices.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// List the price book, in US dollars per million tokens
    List(List),
    /// Show all prices of a model, with service tiers and long prompts
    Show(Which),
    /// Say what another price book has otherwise than the one in use
    Diff(book::Other),
    /// Use another price book from the next start on; records keep the prices they were made with
    Import(book::Import),
    /// Say which served models have no price
    Check,
}

/// Which entries to list.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only this provider's, as openai or groq
    #[arg(long)]
    provider: Option<String>,
}

/// A model.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name; provider/model where two providers have it
    model: String,
}

pub(super) use book::in_force;

const COLUMNS: &[Column] = &[
    column("model", "MODEL", Style::Text),
    column("provider", "PROVIDER", Style::Text),
    column("input", "INPUT", Style::Amount),
    spare("cached_input", "CACHED", Style::Amount, 1),
    spare("cache_write_5m", "WRITE 5M", Style::Amount, 2),
    spare("cache_write_1h", "WRITE 1H", Style::Amount, 2),
    column("output", "OUTPUT", Style::Amount),
    spare("units", "OTHERS", Style::Text, 4),
    spare("retired", "RETIRED", Style::Text, 3),
];

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::List(options) => list(context, options.provider.as_deref()),
        Command::Show(which) => show(context, &which.model),
        Command::Diff(other) => book::diff(context, other),
        Command::Import(what) => book::import(context, what),
        Command::Check => check(context),
    }
}

fn list(context: &Context, provider: Option<&str>) -> Result<(), Failure> {
    let book = in_force(&context.settings()?)?;
    let rows: Vec<Value> = book
        .origins()
        .filter(|origin| provider.is_none_or(|name| name == *origin))
        .flat_map(|origin| book.entries(origin))
        .map(|entry| brief(entry))
        .collect();
    if rows.is_empty() {
        return Err(Failure::not_found(format!(
            "the price book has no provider \"{}\"; it has {}",
            provider.unwrap_or_default(),
            book.origins().collect::<Vec<_>>().join(", ")
        )));
    }
    if context.output.format() == Format::Table {
        note(&format!("US dollars per million tokens, {}", book.source()));
    }
    Ok(context.output.list(&rows, COLUMNS)?)
}

fn brief(entry: &Entry) -> Value {
    let prices = entry.card.standard().to_prices();
    json!({
        "model": entry.id,
        "provider": entry.origin,
        "input": prices.get("input"),
        "output": prices.get("output"),
        "cached_input": prices.get("cached_input"),
        "cache_write_5m": prices.get("cache_write_5m"),
        "cache_write_1h": prices.get("cache_write_1h"),
        "units": other_units(&prices),
        "retired": entry.retired.as_ref().map(|retired| retired.since.to_string()),
    })
}

/// What is paid by something else than tokens of text, in one text.
fn other_units(prices: &Prices) -> Option<String> {
    let of_text = |name: &str| COLUMNS.iter().any(|column| column.key == name);
    let others = prices.iter().filter(|(name, _)| !of_text(name));
    let all: Vec<String> = others
        .map(|(name, price)| format!("{name} {price}"))
        .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// Whether a provider serves models of its own, whose name alone means them.
fn is_maker(origin: &str) -> bool {
    let kind = origin.parse::<Kind>().ok();
    let row = kind.and_then(|kind| kind.row(""));
    row.is_some_and(|row| row.makes_models)
}

fn show(context: &Context, name: &str) -> Result<(), Failure> {
    let book = in_force(&context.settings()?)?;
    // A provider's name before the model's, where there is such a provider; models have slashes too.
    let named = name.split_once('/').and_then(|(provider, model)| {
        let origin = book.origins().find(|origin| *origin == provider)?;
        book.find(origin, model)
    });
    let mut known: Vec<_> = book
        .origins()
        .filter_map(|origin| book.find(origin, name))
        .collect();
    known.sort_by_key(|entry| !is_maker(&entry.origin));
    let others = known.iter().map(|entry| Arc::clone(&entry.origin));
    let others: Vec<Arc<str>> = others.collect();
    let entry = named.or(known.first().copied());
    let Some(entry) = entry else {
        return Err(Failure::not_found(format!(
            "the price book has no model \"{name}\"; see: manti price list"
        )));
    };
    let tiers: BTreeMap<&str, _> = entry
        .card
        .tiers()
        .map(|(tier, rates)| (tier, rates.to_prices()))
        .collect();
    let long = entry.card.long().iter();
    let long = long.map(|(above, rates)| json!({ "above": above, "prices": rates.to_prices() }));
    let answer = json!({
        "model": entry.id,
        "display_name": entry.name,
        "provider": entry.origin,
        "also": entry.also,
        "prices": entry.card.standard().to_prices(),
        "long_prompts": long.collect::<Vec<_>>(),
        "tiers": tiers,
        "retired": entry
            .retired
            .as_ref()
            .map(|retired| json!({ "since": retired.since.to_string(), "successor": retired.successor })),
        "note": entry.note,
        "providers": others,
        "price_source": book.source(),
    });
    Ok(context.output.thing(&answer)?)
}

/// Fails when calls could be served that nobody can price.
fn check(context: &Context) -> Result<(), Failure> {
    let config = context.settings()?;
    context.block_on(async {
        let providers =
            providers::build(&config).map_err(|error| Failure::usage(error.to_string()))?;
        let catalog = Catalog::with_book(&config, &providers, in_force(&config)?);
        let offers = catalog.offers();
        for name in open_ended(&config) {
            warn(&format!(
                "{name} sends on any name; what the book does not know has no price"
            ));
        }
        let unpriced: Vec<String> = offers
            .iter()
            .filter(|offer| offer.route.as_ref().is_ok_and(|r| !r.is_priced()))
            .map(|offer| offer.listed.id.to_string())
            .collect();
        if context.output.format() != Format::Table {
            context.output.thing(&json!({
                "price_source": catalog.book().source(),
                "models": offers.len(),
                "unpriced": unpriced,
            }))?;
        }
        if unpriced.is_empty() {
            if context.output.format() == Format::Table {
                note(&format!(
                    "all {} models have a price, {}",
                    offers.len(),
                    catalog.book().source()
                ));
            }
            return Ok(());
        }
        for name in &unpriced {
            error(&format!(
                "{name} has no price; set one under [models.{name:?}] or [providers.NAME]"
            ));
        }
        Err(Failure::told(Exit::Failed))
    })
}

/// Providers that send on any name, and have no price for what the book does not know.
fn open_ended(config: &crate::config::Config) -> impl Iterator<Item = String> {
    config.providers.iter().filter_map(|(name, provider)| {
        let any = provider.models.iter().any(|model| model == "*");
        (any && provider.price.is_none()).then(|| name.clone())
    })
}
