//! `manti key …`

use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::{Map, Value};

use super::context::{Context, Expect};
use super::failure::Failure;
use super::limits::{Limits, spelled};
use super::listing;
use super::output::{Column, Format, Style, column, note, spare};
use super::when::{self, Setting};
use crate::auth::{AccountError, KeyChange, NewKey};
use crate::models::api_key::{ApiKey, Rules};
use crate::models::clock::Timestamp;
use crate::models::page::Request;

/// What can be done with API keys.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// Create a key; its secret is shown once
    Create(Create),
    /// List keys, oldest first
    List(List),
    /// Show a key
    Show(Which),
    /// Change what a key is called and what it may use
    Update(Update),
    /// Stop a key for ever
    Revoke(Which),
    /// Give a key a new secret, which is shown once
    Rotate(Rotate),
}

/// A key.
#[derive(Debug, Args)]
pub(super) struct Which {
    #[arg(help = "Its id, such as key_01…")]
    id: String,
}

/// A new key.
#[derive(Debug, Args)]
pub(super) struct Create {
    /// Whose it is: an address or id
    #[arg(long)]
    user: String,
    /// What to call it
    #[arg(long)]
    name: String,
    #[command(flatten)]
    limits: Limits,
    /// The team its calls are made for: a name or id, or none [default: the owner's only team]
    #[arg(long)]
    team: Option<String>,
    /// When it stops working: 90d, 2027-01-01
    #[arg(long, value_name = "WHEN", value_parser = when::moment)]
    expires: Option<Timestamp>,
    /// Print the secret and nothing else
    #[arg(long, short)]
    quiet: bool,
}

/// Which keys to list.
#[derive(Debug, Args)]
pub(super) struct List {
    /// Only those of this user: an address or id
    #[arg(long)]
    user: Option<String>,
    /// Only those for this team: a name or id
    #[arg(long)]
    team: Option<String>,
}

/// What to change.
#[derive(Debug, Args)]
#[group(
    id = "change",
    required = true,
    multiple = true,
    args = ["name", "expires", "limits"]
)]
pub(super) struct Update {
    #[command(flatten)]
    which: Which,
    /// What to call it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    limits: Limits,
    /// When it stops working, or never
    #[arg(long, value_name = "WHEN", value_parser = when::expiry)]
    expires: Option<Setting<Timestamp>>,
}

/// How to rotate.
#[derive(Debug, Args)]
pub(super) struct Rotate {
    #[command(flatten)]
    which: Which,
    /// How long the old secret still works
    #[arg(long, value_name = "SPAN", default_value = "0s", value_parser = when::duration)]
    grace: Duration,
    /// Print the secret and nothing else
    #[arg(long, short)]
    quiet: bool,
}

const COLUMNS: &[Column] = &[
    column("id", "ID", Style::Text),
    column("name", "NAME", Style::Text),
    column("user", "USER", Style::Text),
    spare("prefix", "PREFIX", Style::Text, 3),
    column("status", "STATUS", Style::Text),
    spare("models", "MODELS", Style::Text, 5),
    spare("rpm", "RPM", Style::Number, 4),
    spare("tpm", "TPM", Style::Number, 4),
    spare("max_parallel", "PARALLEL", Style::Number, 4),
    spare("expires_at", "EXPIRES", Style::Time, 2),
    spare("last_used_at", "LAST USED", Style::Time, 1),
];

pub(super) fn run(context: &Context, command: Command) -> Result<(), Failure> {
    context.block_on(async {
        match command {
            Command::Create(options) => create(context, options).await,
            Command::List(options) => list(context, &options).await,
            Command::Show(which) => show(context, &which.id).await,
            Command::Update(options) => update(context, options).await,
            Command::Revoke(which) => revoke(context, &which.id).await,
            Command::Rotate(options) => rotate(context, &options).await,
        }
    })
}

async fn create(context: &Context, options: Create) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let team = options.team.clone().unwrap_or_default();
    let new = NewKey {
        user: options.user.clone(),
        name: options.name,
        team: options
            .team
            .map(|team| Some(team).filter(|team| team != "none")),
        rules: options.limits.change().of(Rules::default()),
        expires_at: options.expires,
    };
    let (key, secret) = accounts
        .create_key(new)
        .await
        .map_err(|error| match error {
            AccountError::NotFound("team") => Failure::account(error, &team),
            error => Failure::account(error, &options.user),
        })?;
    print_secret(context, &key, &secret, options.quiet)
}

async fn list(context: &Context, options: &List) -> Result<(), Failure> {
    let (user, team) = (options.user.as_deref(), options.team.as_deref());
    let accounts = context.accounts(Expect::Made).await?;
    let next = async |page: &Request| {
        let found = accounts.list_keys(user, team, page).await;
        found.map_err(|error| match error {
            AccountError::NotFound("team") => Failure::account(error, team.unwrap_or_default()),
            error => Failure::account(error, user.unwrap_or_default()),
        })
    };
    listing::print(context, COLUMNS, |key| json(key, None), next).await
}

async fn show(context: &Context, id: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let key = accounts
        .show_key(id)
        .await
        .map_err(|error| Failure::account(error, id))?;
    print(context, &key)
}

async fn update(context: &Context, options: Update) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let change = KeyChange {
        name: options.name,
        rules: options.limits.change(),
        expires_at: options.expires.map(|Setting(moment)| moment),
    };
    let key = accounts
        .update_key(&options.which.id, change)
        .await
        .map_err(|error| Failure::account(error, &options.which.id))?;
    print(context, &key)
}

async fn revoke(context: &Context, id: &str) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let failed = |error| Failure::account(error, id);
    let key = accounts.show_key(id).await.map_err(failed)?;
    context.prompt.confirm_on_terminal(&format!(
        "Revoke \"{}\" of {} for ever?",
        key.name, key.user
    ))?;
    let key = accounts.revoke_key(id).await.map_err(failed)?;
    print(context, &key)
}

async fn rotate(context: &Context, options: &Rotate) -> Result<(), Failure> {
    let accounts = context.accounts(Expect::Made).await?;
    let id = &options.which.id;
    let (key, secret) = accounts
        .rotate_key(id, options.grace)
        .await
        .map_err(|error| Failure::account(error, id))?;
    print_secret(context, &key, &secret, options.quiet)
}

fn print(context: &Context, key: &ApiKey) -> Result<(), Failure> {
    Ok(context.output.thing(&json(key, None))?)
}

fn print_secret(context: &Context, key: &ApiKey, secret: &str, quiet: bool) -> Result<(), Failure> {
    if quiet {
        return Ok(context.output.text(secret)?);
    }
    context.output.thing(&json(key, Some(secret)))?;
    if context.output.format() == Format::Table {
        note("keep the secret now: it is not shown again");
    }
    Ok(())
}

/// A key with its secret, when it was just made, beside the prefix.
fn json(key: &ApiKey, secret: Option<&str>) -> Value {
    let Value::Object(fields) = spelled(key) else {
        return Value::Null;
    };
    let mut ordered = Map::new();
    for name in ["id", "name", "user", "prefix"] {
        ordered.insert(name.to_owned(), fields[name].clone());
    }
    if let Some(secret) = secret {
        ordered.insert("secret".to_owned(), Value::from(secret));
    }
    for (name, value) in fields {
        ordered.entry(name).or_insert(value);
    }
    Value::Object(ordered)
}
