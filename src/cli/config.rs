//! `manti config …`

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::context::Context;
use super::failure::{Exit, Failure};
use super::output::{self, Column, Format, Style, column};
use crate::catalog::{Nowhere, nowhere};
use crate::config::{Complaint, Flags, Loaded, Shown};
use crate::providers::{self, Providers};

/// What can be asked about the settings.
#[derive(Debug, Subcommand)]
#[command(disable_help_subcommand = true)]
pub(super) enum Command {
    /// Say everything that is wrong with the settings, without starting
    Check,
    /// Show the settings in force, secrets masked
    Show(Show),
}

/// How to show.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// Say where each setting comes from
    #[arg(long)]
    origin: bool,
}

const SETTINGS: &[Column] = &[
    column("key", "KEY", Style::Text),
    column("value", "VALUE", Style::Text),
];

const ORIGINS: &[Column] = &[
    column("key", "KEY", Style::Text),
    column("value", "VALUE", Style::Text),
    column("origin", "ORIGIN", Style::Text),
];

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Check => check(context),
        Command::Show(options) => show(context, options.origin),
    }
}

/// Warnings count as faults here: a variable nobody reads is a mistake of whoever set it.
fn check(context: &Context) -> Result<(), Failure> {
    let (faults, unusable) = match context.load_with(Flags::default()) {
        Ok(loaded) => match providers::build(&loaded.config) {
            Ok(providers) => {
                let mut faults = loaded.warnings.clone();
                faults.extend(unserved(&loaded, &providers));
                (faults, None)
            }
            Err(error) => (loaded.warnings, Some(error.to_string())),
        },
        Err(complaints) => {
            let mut faults = complaints.errors;
            faults.extend(complaints.warnings);
            (faults, None)
        }
    };
    for fault in &faults {
        output::error(&fault.to_string());
    }
    if let Some(message) = &unusable {
        output::error(message);
    }
    let good = faults.is_empty() && unusable.is_none();
    match context.output.format() {
        Format::Table if good => output::note("the configuration is valid"),
        Format::Table => {}
        Format::Json | Format::Csv => {
            let mut list: Vec<Value> = faults.iter().map(fault).collect();
            list.extend(unusable.map(|message| json!({ "message": message })));
            let answer = json!({ "valid": good, "complaints": list });
            context.output.thing(&answer)?;
        }
    }
    if good {
        Ok(())
    } else {
        Err(Failure::told(Exit::Usage))
    }
}

/// Models that are declared and that no configured provider serves, and fallbacks that lead to none.
fn unserved(loaded: &Loaded, providers: &Providers) -> Vec<Complaint> {
    let nowhere = nowhere(&loaded.config, providers).into_iter();
    let complaint = |it: Nowhere| loaded.about_model(&it.model, it.field, it.message);
    nowhere.map(complaint).collect()
}

fn fault(complaint: &Complaint) -> Value {
    json!({
        "file": complaint.file().map(|path| path.display().to_string()),
        "line": complaint.line(),
        "key": complaint.name(),
        "message": complaint.message,
    })
}

fn show(context: &Context, origin: bool) -> Result<(), Failure> {
    let loaded = context.load_with(Flags::default())?;
    for warning in &loaded.warnings {
        output::warn(&warning.to_string());
    }
    if context.output.format() == Format::Json {
        let mut tree = Value::Object(Map::new());
        for setting in &loaded.settings {
            let value = value(&setting.value);
            let value = if origin {
                json!({ "value": value, "origin": setting.origin.to_string() })
            } else {
                value
            };
            insert(&mut tree, &setting.path, value);
        }
        return Ok(context.output.thing(&tree)?);
    }
    let rows: Vec<Value> = loaded
        .settings
        .iter()
        .map(|setting| {
            let mut row = json!({ "key": setting.key(), "value": setting.value.spelled() });
            if origin {
                row["origin"] = Value::from(setting.origin.to_string());
            }
            row
        })
        .collect();
    let columns = if origin { ORIGINS } else { SETTINGS };
    Ok(context.output.list(&rows, columns)?)
}

fn value(shown: &Shown) -> Value {
    match shown {
        Shown::Text(text) => Value::from(text.as_str()),
        Shown::Claim(claim) => Value::from(*claim),
        Shown::Number(number) => Value::from(*number),
        Shown::List(entries) => entries.iter().map(value).collect(),
        Shown::Table(members) => {
            let members = members.iter();
            Value::Object(
                members
                    .map(|(name, member)| (name.clone(), value(member)))
                    .collect(),
            )
        }
    }
}

fn insert(tree: &mut Value, path: &[String], value: Value) {
    let mut place = tree;
    for part in path {
        place = &mut place[part.as_str()];
    }
    *place = value;
}
