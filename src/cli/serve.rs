//! `manti serve`

use clap::Args;

use super::context::{Context, level};
use super::failure::Failure;
use super::output;
use crate::config::{self, Flags, Seen};
use crate::server;
use crate::telemetry::logging;

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
    let sources = context.sources(Flags {
        listen: options.listen,
        log_level: options.log_level.or(verbose),
        log_format: options.log_format,
        ..Flags::default()
    });
    let mut seen = Seen::default();
    let loaded = config::load_noting(&sources, &mut seen)?;
    let log =
        logging::start(&loaded.config.log).map_err(|error| Failure::usage(error.to_string()))?;
    for warning in &loaded.warnings {
        tracing::warn!(setting = warning.name(), "{warning}");
    }
    let served = server::serve(loaded.config, (sources, seen), |link| {
        output::note(&format!(
            "there is no user yet; make the first admin within the hour at {link}"
        ));
    });
    drop(log);
    Ok(served?)
}
