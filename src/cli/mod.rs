//! The command line: what is typed, and which function of the program it stands for.
//!
//! Answers for options, exit codes and what is printed where. It decides nothing about people,
//! keys or prices: commands call the same functions as the admin API. Start at [`Cli`], then the
//! file named like the command.

mod config;
mod context;
mod declare;
mod explain;
mod failure;
mod health;
mod key;
mod limits;
mod listing;
mod migrate;
mod model;
mod openapi;
pub mod output;
mod price;
mod prompt;
mod provider;
mod scripts;
mod serve;
mod team;
mod usage;
mod user;
mod when;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::config::Environment;
use context::Context;
use output::Format;

pub use failure::{Exit, Failure};

/// One gateway between your applications and every LLM provider
///
/// Without a command it serves. Settings come from manti.toml and the environment; see
/// `manti config show --origin`.
#[derive(Debug, Parser)]
#[command(
    name = "manti",
    version,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
struct Global {
    // Variables are read with the rest of the configuration, which knows where they were set and
    // takes an empty one as unset.
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "Read this configuration file instead of ./manti.toml [env: MANTI_CONFIG=]"
    )]
    config: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help = "Keep database, journal and generated secrets here [default: ./data] [env: MANTI_DATA_DIR=]"
    )]
    data_dir: Option<PathBuf>,
    /// How to print data [default: table on a terminal, json elsewhere]
    #[arg(
        long,
        short,
        global = true,
        value_name = "table|json|csv",
        hide_possible_values = true
    )]
    output: Option<Format>,
    /// Never ask anything
    #[arg(long, global = true)]
    no_input: bool,
    /// Agree to whatever would be asked
    #[arg(long, global = true)]
    yes: bool,
    /// Say more; twice for everything
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// What can be done.
#[derive(Debug, Subcommand)]
enum Command {
    /// Run the gateway (also without any command)
    Serve(serve::Options),
    /// Bring the database's schema up to date
    Migrate(migrate::Options),
    /// People who sign in and own keys
    #[command(subcommand)]
    User(user::Command),
    /// API keys
    #[command(subcommand)]
    Key(key::Command),
    /// Users who share limits, models and reports
    #[command(subcommand)]
    Team(team::Command),
    /// What was used, and what it cost
    #[command(subcommand)]
    Usage(usage::Command),
    /// The providers that are configured
    #[command(subcommand)]
    Provider(provider::Command),
    /// The models that are served
    #[command(subcommand)]
    Model(model::Command),
    /// What models cost
    #[command(subcommand)]
    Price(price::Command),
    /// The settings in force
    #[command(subcommand)]
    Config(config::Command),
    /// Ask the running gateway whether it is up
    Health,
    /// Print the description of the API (OpenAPI, JSON)
    Openapi,
    /// Print a completion script for a shell
    Completions(scripts::Completions),
    /// Write the manual pages into a folder
    Man(scripts::Man),
}

/// Parses what was typed, does it, and says how it went.
pub fn run(environment: Environment) -> ExitCode {
    // A wrong usage ends here with code 2 and clap's own words.
    let cli = Cli::parse();
    match dispatch(cli, environment) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::error(&failure.message);
            ExitCode::from(failure.exit as u8)
        }
    }
}

/// The command line as clap sees it, for completions and manual pages.
pub fn command() -> clap::Command {
    let mut command = Cli::command();
    command.build();
    command
}

fn dispatch(cli: Cli, environment: Environment) -> Result<(), Failure> {
    let context = Context::new(&cli.global, environment);
    let done = match cli.command {
        None => serve::run(&context, serve::Options::default()),
        Some(Command::Serve(options)) => serve::run(&context, options),
        Some(Command::Migrate(options)) => migrate::run(&context, &options),
        Some(Command::User(command)) => user::run(&context, command),
        Some(Command::Key(command)) => key::run(&context, command),
        Some(Command::Team(command)) => team::run(&context, command),
        Some(Command::Usage(command)) => usage::run(&context, command),
        Some(Command::Provider(command)) => provider::run(&context, command),
        Some(Command::Model(command)) => model::run(&context, command),
        Some(Command::Price(command)) => price::run(&context, &command),
        Some(Command::Config(command)) => config::run(&context, &command),
        Some(Command::Health) => health::run(&context),
        Some(Command::Openapi) => openapi::run(&context),
        Some(Command::Completions(options)) => scripts::completions(&context, &options),
        Some(Command::Man(options)) => scripts::man(&options),
    };
    match done {
        // Whoever read along has seen enough: `manti usage list | head`.
        Err(failure) if failure.is_broken_pipe() => Ok(()),
        done => done,
    }
}
