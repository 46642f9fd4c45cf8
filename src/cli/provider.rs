//! `manti provider …`

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::{Column, Format, Style, column, error, note, spare};
use crate::config::{Config, Kind, Upstream};
use crate::models::preset::Key;
use crate::providers::{self, Client, Provider, Providers};

/// What can be asked about providers.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// List the providers
    List,
    /// List the kinds of provider there are, and where each is
    Kinds,
    /// Show a provider
    Show(Which),
    /// Ask a provider whether address and credential are good; costs nothing
    Test(Which),
}

/// A provider.
#[derive(Debug, Args)]
pub(super) struct Which {
    /// Its name
    name: String,
}

const COLUMNS: &[Column] = &[
    column("name", "NAME", Style::Text),
    column("kind", "KIND", Style::Text),
    column("base_url", "ADDRESS", Style::Text),
    spare("credentials", "CREDENTIALS", Style::Number, 1),
    spare("models", "MODELS", Style::Text, 2),
];

const KINDS: &[Column] = &[
    column("kind", "KIND", Style::Text),
    column("title", "PROVIDER", Style::Text),
    column("base_url", "ADDRESS", Style::Text),
    spare("key", "KEY", Style::Text, 1),
    spare("page", "PAGE", Style::Text, 2),
];

/// How long an error of a provider may take.
const TIME: Duration = Duration::from_secs(10);

/// More than any list of models.
const ANSWER: usize = 4 << 20;

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    if let Command::Kinds = command {
        let rows: Vec<Value> = Kind::all().map(kind).collect();
        return Ok(context.output.list(&rows, KINDS)?);
    }
    let config = context.settings()?;
    // Clients need the runtime they are made in.
    context.block_on(async {
        let providers =
            providers::build(&config).map_err(|error| Failure::usage(error.to_string()))?;
        match command {
            Command::List => {
                let rows: Vec<Value> = providers
                    .values()
                    .map(|provider| row(&config, provider.as_ref()))
                    .collect();
                Ok(context.output.list(&rows, COLUMNS)?)
            }
            Command::Kinds => Ok(()),
            Command::Show(which) => {
                let provider = find(&providers, &which.name)?;
                Ok(context.output.thing(&row(&config, provider))?)
            }
            Command::Test(which) => test(context, &config, find(&providers, &which.name)?).await,
        }
    })
}

fn find<'a>(providers: &'a Providers, name: &str) -> Result<&'a dyn Provider, Failure> {
    match providers.get(name) {
        Some(provider) => Ok(provider.as_ref()),
        None => Err(Failure::not_found(format!(
            "no provider \"{name}\" is configured; see: manti provider list"
        ))),
    }
}

fn row(config: &Config, provider: &dyn Provider) -> Value {
    let settings = config.providers.get(provider.name());
    json!({
        "name": provider.name(),
        "kind": provider.kind().as_str(),
        "base_url": Some(provider.base_url()).filter(|url| !url.is_empty()),
        "credentials": settings.map_or(0, |settings| settings.api_keys.len()),
        "models": provider.models(),
        "dialect": settings.and_then(|settings| settings.dialect).map(crate::config::Speaks::as_str),
    })
}

fn kind(kind: Kind) -> Value {
    let row = kind.row("");
    let title = match (row, kind) {
        (Some(row), _) => row.title,
        (None, Kind::Demo) => "the built-in model",
        (None, _) => "anything that speaks chat completions",
    };
    let key = match row.map(|row| row.key) {
        Some(Key::Needed) => "needed",
        None if kind == Kind::Demo => "none",
        Some(Key::Optional) | None => "optional",
    };
    let quirks = row.map_or(&[][..], |row| row.quirks).iter();
    json!({
        "kind": kind.as_str(),
        "title": title,
        "aliases": row.map_or(&[][..], |row| row.aliases),
        "base_url": kind.base_url(),
        "key": key,
        "messages_base_url": row.and_then(|row| row.messages),
        "quirks": quirks.map(ToString::to_string).collect::<Vec<_>>(),
        "page": row.map(|row| row.page),
        "read": row.map(|row| row.read),
    })
}

async fn test(context: &Context, config: &Config, provider: &dyn Provider) -> Result<(), Failure> {
    let own = config.providers.get(provider.name());
    let timeouts = own.map_or_else(
        || config.upstream.clone(),
        |own| config.upstream.with(&own.upstream),
    );
    let begun = context.clock.instant();
    let outcome = probe(provider, &timeouts).await;
    let latency = context.clock.instant().duration_since(begun);
    let answer = json!({
        "provider": provider.name(),
        "ok": outcome.is_ok(),
        "http_status": match &outcome { Ok(status) | Err((status, _)) => *status },
        "latency_ms": millis(latency),
        "message": outcome.as_ref().err().map(|(_, message)| message),
    });
    if context.output.format() != Format::Table {
        context.output.thing(&answer)?;
    }
    match outcome {
        Ok(_) if context.output.format() == Format::Table => {
            note(&format!(
                "{} answers and takes its credential ({} ms)",
                provider.name(),
                millis(latency)
            ));
            Ok(())
        }
        Ok(_) => Ok(()),
        Err((_, message)) => {
            error(&format!("{}: {message}", provider.name()));
            Err(Failure::told(Exit::Failed))
        }
    }
}

/// The status of the answer, or why there is none that is good.
async fn probe(
    provider: &dyn Provider,
    timeouts: &Upstream,
) -> Result<Option<u16>, (Option<u16>, String)> {
    let Some(made) = provider.probe(0) else {
        return Ok(None);
    };
    let request = made.request().await;
    let request = request.map_err(|error| (None, error.message))?;
    let answer = Client::new(timeouts)
        .send(request, timeouts)
        .await
        .map_err(|error| (None, error.to_string()))?;
    let (head, body) = answer.into_parts();
    let status = head.status.as_u16();
    if head.status.is_success() {
        return Ok(Some(status));
    }
    let body = tokio::time::timeout(TIME, body.read(ANSWER)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let failure = provider.failure(head.status, &head.headers, &body);
    Err((Some(status), failure.refusal.message))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
