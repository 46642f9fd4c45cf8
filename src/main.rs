//! The `manti` binary: parse, run, exit code.

use std::process::ExitCode;

use manti::cli;
use manti::config::Environment;

/// Small objects come and go by the dozen a call, and cross threads on their way to the records.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Which of the two set a variable is noted before `.env` joins the process's own, where
    // proxies and clap look for theirs. No other thread runs yet.
    let environment = Environment::read();
    let _ = dotenvy::from_path(".env");
    cli::run(environment)
}
