//! `manti provider …`

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::context::Context;
use super::declare::{self, Sets};
use super::failure::{Exit, Failure};
use super::output::{Column, Format, Style, column, error, note, spare};
use super::prompt;
use crate::api::provider_test;
use crate::config::{Config, Kind, Offer};
use crate::models::preset::Key;
use crate::providers::{self, Provider, Providers};

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
    /// Add a provider to the database; one of the settings file is changed there
    Add(Add),
    /// Ask a provider whether its address and each of its credentials are good; costs nothing
    Test(Which),
    /// Remove a provider from the database
    Remove(Which),
}

/// A new provider.
#[derive(Debug, Args)]
pub(super) struct Add {
    /// What to call it
    name: String,
    /// What it is [default: its name, when that is a kind]; see: manti provider kinds
    #[arg(long)]
    kind: Option<String>,
    /// Where it is [default: the kind's own address]
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Read the provider's key from standard input
    #[arg(long)]
    api_key_stdin: bool,
    /// The models it serves [default: those its kind is known for]
    #[arg(long, value_name = "MODEL,…", value_delimiter = ',')]
    models: Vec<String>,
    #[command(flatten)]
    sets: Sets,
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

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    if let Command::Kinds = command {
        let rows: Vec<Value> = Kind::all().map(kind).collect();
        return Ok(context.output.list(&rows, KINDS)?);
    }
    // Clients need the runtime they are made in.
    context.block_on(async {
        let command = match command {
            Command::Add(options) => return add(context, options).await,
            Command::Remove(which) => {
                return declare::remove(context, Offer::Provider, &which.name).await;
            }
            other => other,
        };
        let (config, providers) = declare::in_force(context).await?;
        match &command {
            Command::List => {
                let rows: Vec<Value> = providers
                    .values()
                    .map(|provider| row(&config, provider.as_ref()))
                    .collect();
                Ok(context.output.list(&rows, COLUMNS)?)
            }
            Command::Kinds | Command::Add(_) | Command::Remove(_) => Ok(()),
            Command::Show(which) => {
                let provider = find(&providers, &which.name)?;
                Ok(context.output.thing(&row(&config, provider))?)
            }
            Command::Test(which) => test(context, &config, find(&providers, &which.name)?).await,
        }
    })
}

async fn add(context: &Context, options: Add) -> Result<(), Failure> {
    let mut fields = options.sets.fields();
    for (name, value) in [("kind", options.kind), ("base_url", options.base_url)] {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value.into());
        }
    }
    if !options.models.is_empty() {
        fields.insert("models".to_owned(), options.models.into());
    }
    if options.api_key_stdin {
        let key = prompt::credential()?;
        fields.insert("api_keys".to_owned(), json!([key.expose()]));
    }
    declare::add(context, Offer::Provider, &options.name, fields).await
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

const TESTED: &[Column] = &[
    column("credential", "CREDENTIAL", Style::Number),
    column("result", "RESULT", Style::Text),
    column("http_status", "STATUS", Style::Number),
    spare("latency_ms", "MS", Style::Number, 1),
    column("message", "MESSAGE", Style::Text),
];

async fn test(context: &Context, config: &Config, provider: &dyn Provider) -> Result<(), Failure> {
    let name = provider.name();
    let probed = providers::probe(provider, &config.upstream_of(name)).await;
    let answer = provider_test(name, &probed);
    let table = context.output.format() == Format::Table;
    let several = probed.len() > 1;
    if !table {
        context.output.thing(&answer)?;
    } else if several {
        context.output.list(&results(&answer), TESTED)?;
    }
    match answer["message"].as_str() {
        None if table && !several => {
            let taken = format!(
                "answers and takes its credential ({} ms)",
                answer["latency_ms"]
            );
            note(&format!("{name} {taken}"));
            Ok(())
        }
        None => Ok(()),
        Some(message) => {
            error(&format!("{name}: {message}"));
            Err(Failure::told(Exit::Failed))
        }
    }
}

/// What came of each credential, a row each.
fn results(answer: &Value) -> Vec<Value> {
    let credentials = answer["credentials"].as_array().into_iter().flatten();
    let result = |credential: &Value| {
        let mut row = credential.clone();
        let ok = credential["ok"] == true;
        row["result"] = if ok { "good" } else { "not good" }.into();
        row
    };
    credentials.map(result).collect()
}
