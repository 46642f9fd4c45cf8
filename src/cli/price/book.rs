//! `manti price diff` and `import`: another price book beside the one in force.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::output::{Column, Format, Style, column, note, spare, warn};
use crate::catalog::prices::installed::{self, Unusable};
use crate::catalog::prices::{Book, Change, Difference, difference};
use crate::config::Config;

/// Another book.
#[derive(Debug, Args)]
pub(in crate::cli) struct Other {
    /// A price book: src/catalog/prices/book.json of a newer Manti, or your own
    file: PathBuf,
    /// Only this provider's
    #[arg(long)]
    provider: Option<String>,
}

/// What to put into force.
#[derive(Debug, Args)]
pub(in crate::cli) struct Import {
    /// A price book: src/catalog/prices/book.json of a newer Manti, or your own
    #[arg(required_unless_present = "built_in")]
    file: Option<PathBuf>,
    /// Even when it is older than the one in use
    #[arg(long)]
    force: bool,
    /// Go back to the book that came with the program
    #[arg(long, conflicts_with_all = ["file", "force"])]
    built_in: bool,
}

const COLUMNS: &[Column] = &[
    column("change", "CHANGE", Style::Text),
    spare("provider", "PROVIDER", Style::Text, 1),
    column("model", "MODEL", Style::Text),
    column("price", "PRICE", Style::Text),
    column("old", "OLD", Style::Amount),
    column("new", "NEW", Style::Amount),
    column("percent", "PERCENT", Style::Number),
];

/// The book in force.
pub(in crate::cli) fn in_force(config: &Config) -> Result<std::sync::Arc<Book>, Failure> {
    let (book, _) = installed::in_force(&config.data_dir).map_err(|unusable| {
        Failure::failed(format!(
            "{unusable}; import another book, or go back with: manti price import --built-in"
        ))
    })?;
    Ok(book)
}

pub(super) fn diff(context: &Context, other: &Other) -> Result<(), Failure> {
    let old = in_force(&context.settings()?)?;
    let new = installed::read(&other.file).map_err(unusable)?;
    let mut found = difference(&old, &new);
    if let Some(provider) = &other.provider {
        found.keep(provider);
    }
    let rows: Vec<Value> = found.changes.iter().map(row).collect();
    if context.output.format() != Format::Table {
        return Ok(context.output.list(&rows, COLUMNS)?);
    }
    let (from, to) = (old.version(), new.version());
    note(&format!("from {from} to {to}: {}", summary(&found)));
    if rows.is_empty() {
        return Ok(());
    }
    Ok(context.output.list(&rows, COLUMNS)?)
}

pub(super) fn import(context: &Context, what: &Import) -> Result<(), Failure> {
    let data_dir = context.settings()?.data_dir;
    let Some(file) = &what.file else {
        let was_there = installed::take_back(&data_dir).map_err(unusable)?;
        let version = Book::builtin().version().to_string();
        return told(
            context,
            &json!({ "version": version, "changed": was_there }),
            &format!("the book that came with the program is in use: {version}"),
        );
    };
    let new = installed::read(file).map_err(unusable)?;
    let old = match installed::in_force(&data_dir) {
        Ok((book, _)) => book,
        Err(unusable) => {
            warn(&format!("{unusable}; it is replaced"));
            Book::builtin()
        }
    };
    if new.version() < old.version() && !what.force {
        return Err(Failure::conflict(format!(
            "{} has the prices of {}, and those of {} are in use; to import it all the same: --force",
            file.display(),
            new.version(),
            old.version()
        )));
    }
    let found = difference(&old, &new);
    installed::import(file, &data_dir).map_err(unusable)?;
    let answer = json!({
        "version": new.version().to_string(),
        "previous": old.version().to_string(),
        "models_added": found.added,
        "models_removed": found.removed,
        "models_changed": found.changed,
    });
    let (from, to) = (old.version(), new.version());
    told(
        context,
        &answer,
        &format!(
            "imported the prices of {to} in the place of {from}: {}",
            summary(&found)
        ),
    )
}

/// Says what was done, and from when on it holds.
fn told(context: &Context, answer: &Value, text: &str) -> Result<(), Failure> {
    if context.output.format() != Format::Table {
        context.output.thing(answer)?;
    }
    note(text);
    note(
        "it holds from the next start of manti serve on; records keep the prices they were made with",
    );
    Ok(())
}

fn summary(found: &Difference) -> String {
    format!(
        "models: {} added, {} removed, {} with other prices",
        found.added, found.removed, found.changed
    )
}

fn row(change: &Change) -> Value {
    json!({
        "change": change.what,
        "provider": change.origin,
        "model": change.model,
        "price": change.price,
        "old": change.old,
        "new": change.new,
        "percent": change.percent,
    })
}

fn unusable(unusable: Unusable) -> Failure {
    match unusable {
        Unusable::File { ref source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Failure::not_found(unusable.to_string())
        }
        other => Failure::failed(other.to_string()),
    }
}
