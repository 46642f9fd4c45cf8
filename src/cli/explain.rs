//! `manti model explain`

use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::context::{Context, Expect};
use super::failure::Failure;
use super::output::{Column, Format, Style, column, note};
use crate::api::route_explanation;
use crate::catalog::Catalog;
use crate::config::Config;
use crate::gateway::{self, Question};
use crate::limits::Limits;
use crate::models::principal::Principal;

/// A call that is not made.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// The model it would ask for
    name: String,
    /// The id of the key it would come with
    #[arg(long, value_name = "KEY")]
    key: Option<String>,
    /// How many tokens it would read
    #[arg(long, value_name = "N", default_value_t = 1000)]
    tokens: u64,
    /// How many tokens it would have written at most
    #[arg(long, value_name = "N")]
    max_output: Option<u64>,
    /// A tag of it
    #[arg(long = "tag", value_name = "NAME=VALUE", value_parser = pair)]
    tags: Vec<(String, String)>,
}

const SEATS: &[Column] = &[
    column("on", "ON", Style::Text),
    column("place", "PLACE", Style::Number),
    column("provider", "PROVIDER", Style::Text),
    column("model", "MODEL", Style::Text),
    column("share", "SHARE", Style::Number),
    column("estimated_cost_usd", "COST USD", Style::Amount),
    column("reason", "WHY NOT", Style::Text),
];

const LIMITS: &[Column] = &[
    column("scope", "LIMIT OF", Style::Text),
    column("measure", "ON", Style::Text),
    column("limit", "LIMIT", Style::Number),
    column("remaining", "LEFT", Style::Number),
    column("outcome", "THE CALL", Style::Text),
];

/// As a process that has just started would do it: what a running one knows of its targets, only
/// that one can tell. What remains of limits is in the database.
pub(super) async fn run(
    context: &Context,
    config: &Config,
    catalog: &Catalog,
    asked: &Options,
) -> Result<(), Failure> {
    let principal = match &asked.key {
        Some(key) => {
            let accounts = context.accounts(Expect::Made).await?;
            let caller = accounts.caller(key).await;
            caller.map_err(|error| Failure::account(error, key))?
        }
        None => Principal::anybody(),
    };
    let question = Question {
        model: asked.name.clone(),
        input_tokens: asked.tokens,
        max_output: asked.max_output,
        tags: asked.tags.iter().cloned().collect(),
    };
    let limits = Limits::new(&context.clock, Duration::ZERO);
    // Where it cannot be opened, that was said when the providers were looked for.
    if let Ok(store) = context.store(Expect::Made).await {
        limits.look_at(store);
    }
    let now = context.clock.instant();
    let explained = gateway::explain(catalog, &limits, &principal, &question, now).await;
    let explained = explained.map_err(|refusal| Failure::not_found(refusal.message))?;
    let explained = route_explanation(explained);
    if config.redis.url.is_some()
        && explained["limits"]
            .as_array()
            .is_some_and(|all| !all.is_empty())
    {
        note("Redis grants what is limited: what is left of it, the running servers alone tell");
    }
    if context.output.format() != Format::Table {
        return Ok(context.output.thing(&explained)?);
    }
    let output = &context.output;
    output.thing(&head(&explained))?;
    output.text("")?;
    output.list(&seats(&explained), SEATS)?;
    let limits = lines(&explained);
    if !limits.is_empty() {
        output.text("")?;
        output.list(&limits, LIMITS)?;
    }
    Ok(())
}

/// What is told of the call as a whole.
fn head(explained: &Value) -> Value {
    let mut head = json!({
        "model": explained["model"],
        "strategy": explained["strategy"],
        "estimated_cost_usd": explained["estimated_cost_usd"],
    });
    if let Some(would) = explained["would"].as_str() {
        head["would"] = would.into();
    }
    head
}

/// The targets of an explanation, a row each.
fn seats(explained: &Value) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut put = |on: &str, list: &Value, asked: bool| {
        for (at, seat) in list.as_array().into_iter().flatten().enumerate() {
            let mut row = seat.clone();
            row["on"] = on.into();
            row["place"] = if asked { (at + 1).into() } else { Value::Null };
            row["share"] = match seat["share"].as_f64() {
                Some(share) => format!("{:.0} %", share * 100.0).into(),
                None => Value::Null,
            };
            rows.push(row);
        }
    };
    put("call", &explained["order"], true);
    put("call", &explained["out"], false);
    for fallback in explained["fallbacks"].as_array().into_iter().flatten() {
        let on = fallback["on"].as_str().unwrap_or_default();
        put(on, &fallback["order"], true);
        put(on, &fallback["out"], false);
        if let Some(problem) = fallback["problem"].as_str() {
            let nobody = json!([{ "model": fallback["model"], "reason": problem }]);
            put(on, &nobody, false);
        }
    }
    rows
}

/// Its limits, a row each.
fn lines(explained: &Value) -> Vec<Value> {
    let limits = explained["limits"].as_array().into_iter().flatten();
    let line = |limit: &Value| {
        let mut row = limit.clone();
        let is = |field: &str| limit[field] == true;
        row["outcome"] = match (is("passes"), is("observe")) {
            (true, _) => "passes",
            (false, true) => "passes: only observed",
            (false, false) => "is refused",
        }
        .into();
        row
    };
    limits.map(line).collect()
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("must be NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
