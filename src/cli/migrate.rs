//! `manti migrate`

use std::fmt::Write;

use clap::Args;
use serde_json::{Value, json};

use super::context::{Context, sqlite_file};
use super::failure::Failure;
use super::output::{Column, Format, Style, column, note};
use crate::config::{Config, Secret};
use crate::models::id;
use crate::store::Store;
use crate::store::migrate::Version;

/// Whether to change anything.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only say which versions are applied and which are pending
    #[arg(long, conflicts_with = "dry_run")]
    status: bool,
    /// Only print the SQL that would run
    #[arg(long)]
    dry_run: bool,
}

const COLUMNS: &[Column] = &[
    column("version", "VERSION", Style::Number),
    column("name", "NAME", Style::Text),
    column("state", "STATE", Style::Text),
    column("applied_at", "APPLIED", Style::Time),
];

pub(super) fn run(context: &Context, options: &Options) -> Result<(), Failure> {
    context.block_on(async {
        let config = context.settings()?;
        if options.status || options.dry_run {
            let schema = schema(config).await?;
            return if options.dry_run {
                dry_run(context, &schema)
            } else {
                print(context, &schema)
            };
        }
        let store = Store::open(&config)?;
        let applied = store.migrate().await?;
        if context.output.format() == Format::Table {
            match applied.len() {
                0 => note("nothing was pending"),
                1 => note("1 version was applied"),
                count => note(&format!("{count} versions were applied")),
            }
        }
        print(context, &store.schema().await?)
    })
}

/// What is applied and pending. Opening makes a file that is not there, and asking must not, so
/// an empty one elsewhere stands in for it.
async fn schema(mut config: Config) -> Result<Vec<Version>, Failure> {
    let missing = sqlite_file(&config).is_some_and(|file| !file.exists());
    let elsewhere = std::env::temp_dir().join(id::mint("manti"));
    if missing {
        config.data_dir.clone_from(&elsewhere);
        config.database.url = Secret::new("sqlite://empty.db");
    }
    let store = Store::open(&config)?;
    let schema = store.schema().await;
    store.close().await;
    if missing {
        let _ = std::fs::remove_dir_all(elsewhere);
    }
    Ok(schema?)
}

/// The SQL that would run.
fn dry_run(context: &Context, schema: &[Version]) -> Result<(), Failure> {
    if context.output.format() == Format::Json {
        let pending = schema.iter().filter(|version| version.applied_at.is_none());
        let pending: Vec<Value> = pending
            .map(|version| {
                json!({
                    "version": version.version,
                    "name": version.name,
                    "compatible_from": version.compatible_from,
                    "sql": version.sql,
                })
            })
            .collect();
        let (applied, _) = split(schema);
        return Ok(context
            .output
            .thing(&json!({ "applied": applied, "pending": pending }))?);
    }
    let mut text = String::new();
    for version in schema {
        if let (None, Some(sql)) = (version.applied_at, version.sql) {
            let (number, name, sql) = (version.version, &version.name, sql.trim());
            let _ = writeln!(
                text,
                "-- {number} {name}
{sql}"
            );
        }
    }
    if text.is_empty() {
        note("nothing is pending");
        return Ok(());
    }
    Ok(context.output.text(&text)?)
}

fn print(context: &Context, schema: &[Version]) -> Result<(), Failure> {
    if context.output.format() == Format::Json {
        let (applied, pending) = split(schema);
        return Ok(context
            .output
            .thing(&json!({ "applied": applied, "pending": pending }))?);
    }
    let rows: Vec<Value> = schema
        .iter()
        .map(|version| {
            let mut row = brief(version);
            let applied = version.applied_at.is_some();
            row["state"] = Value::from(if applied { "applied" } else { "pending" });
            row
        })
        .collect();
    Ok(context.output.list(&rows, COLUMNS)?)
}

fn split(schema: &[Version]) -> (Vec<Value>, Vec<Value>) {
    let (applied, pending): (Vec<_>, Vec<_>) = schema
        .iter()
        .partition(|version| version.applied_at.is_some());
    let brief = |versions: Vec<&Version>| versions.into_iter().map(brief).collect();
    (brief(applied), brief(pending))
}

fn brief(version: &Version) -> Value {
    json!({
        "version": version.version,
        "name": version.name,
        "compatible_from": version.compatible_from,
        "applied_at": version.applied_at,
    })
}
