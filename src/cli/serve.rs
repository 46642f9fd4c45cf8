//! `manti serve`

use clap::Args;

use super::context::{Context, level};
use super::failure::Failure;
use super::output;
use crate::config::Flags;

/// How to serve.
#[derive(Debug, Default, Args)]
pub(super) struct Options {
    /// Listen on this address [default: 0.0.0.0:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// How much to log: off, error, warn, info, debug, trace, or directives
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
    /// How to log: text or json
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
}

pub(super) fn run(context: &Context, options: Options) -> Result<(), Failure> {
    let verbose = (context.verbose > 0).then(|| level(context.verbose).to_owned());
    let loaded = context.load_with(Flags {
        listen: options.listen,
        log_level: options.log_level.or(verbose),
        log_format: options.log_format,
        ..Flags::default()
    })?;
    for warning in &loaded.warnings {
        output::warn(&warning.to_string());
    }
    Err(Failure::failed("not here yet"))
}
