//! What commands need: the settings, the database, the way to print and to ask.

use std::path::PathBuf;

use super::Global;
use super::failure::Failure;
use super::output::{self, Output};
use super::prompt::Prompt;
use crate::auth::{Accounts, Passwords};
use crate::config::{Config, Environment, Flags, Loaded, Sources, load};
use crate::models::clock::Clock;
use crate::store::Store;
use crate::store::migrate::Version;

/// What a command is given.
pub(super) struct Context {
    pub(super) output: Output,
    pub(super) prompt: Prompt,
    pub(super) clock: Clock,
    /// How often `-v` was given.
    pub(super) verbose: u8,
    environment: Environment,
    file: Option<PathBuf>,
    data_dir: Option<PathBuf>,
}

/// What a command expects of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// It is there: a server or `migrate` made it.
    Made,
    /// It may be new: the command makes it, so that a first user can be created before the
    /// first start.
    New,
}

impl Context {
    pub(super) fn new(global: &Global, environment: Environment) -> Self {
        let named = environment.get("MANTI_CONFIG").map(PathBuf::from);
        Self {
            output: Output::new(global.output),
            prompt: Prompt::new(global.no_input, global.yes),
            clock: Clock::system(),
            verbose: global.verbose,
            environment,
            file: global.config.clone().or(named),
            data_dir: global.data_dir.clone(),
        }
    }

    /// Loads the settings with some given as options.
    pub(super) fn load_with(&self, flags: Flags) -> Result<Loaded, crate::config::Complaints> {
        load(&self.sources(flags))
    }

    /// Where the settings come from, with some given as options.
    pub(super) fn sources(&self, flags: Flags) -> Sources {
        let flags = Flags {
            data_dir: self.data_dir.clone(),
            ..flags
        };
        Sources::standard(self.file.clone(), self.environment.clone(), flags)
    }

    /// Loads the settings.
    pub(super) fn settings(&self) -> Result<Config, Failure> {
        Ok(self.load_with(Flags::default())?.config)
    }

    /// Runs a command's work to its end.
    pub(super) fn block_on<T>(
        &self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let _log = self.start_log();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(work)
    }

    /// Opens the database and makes sure that its schema is this program's.
    pub(super) async fn store(&self, expect: Expect) -> Result<Store, Failure> {
        let config = self.settings()?;
        let file = sqlite_file(&config);
        if let (Expect::Made, Some(file)) = (expect, &file)
            && !file.exists()
        {
            return Err(Failure::failed(format!(
                "there is no database at {} yet; start with: manti serve, or manti user create",
                file.display()
            )));
        }
        let store = Store::open(&config)?;
        let schema = store.schema().await?;
        let pending = |version: &Version| version.applied_at.is_none();
        let new = schema.iter().all(pending) && expect == Expect::New;
        if !new && schema.iter().any(pending) {
            return Err(Failure::failed(
                "the database's schema is older than this program; run: manti migrate",
            ));
        }
        // With nothing pending this only refuses a schema that this program must not touch.
        store.migrate().await?;
        Ok(store)
    }

    /// The database, if there is one with this program's schema; nothing is made.
    pub(super) async fn store_if_any(&self, config: &Config) -> Option<Store> {
        if sqlite_file(config).is_some_and(|file| !file.exists()) {
            return None;
        }
        match self.store(Expect::Made).await {
            Ok(store) => Some(store),
            Err(failure) => {
                output::warn(&format!("the database is not asked: {}", failure.message));
                None
            }
        }
    }

    /// Opens the database for work on people and keys.
    pub(super) async fn accounts(&self, expect: Expect) -> Result<Accounts, Failure> {
        let store = self.store(expect).await?;
        Ok(Accounts::new(store, self.clock.clone(), Passwords::new()))
    }

    /// Lines of the log appear only when asked for: failures are told by their command.
    fn start_log(&self) -> Option<crate::telemetry::logging::Flush> {
        if self.verbose == 0 {
            return None;
        }
        let log = crate::config::Log {
            level: level(self.verbose).to_owned(),
            format: crate::config::LogFormat::Text,
        };
        match crate::telemetry::logging::start(&log) {
            Ok(flush) => Some(flush),
            Err(error) => {
                output::warn(&error.to_string());
                None
            }
        }
    }
}

/// The level of the log that a number of `-v` asks for.
pub(super) fn level(verbose: u8) -> &'static str {
    if verbose > 1 { "trace" } else { "debug" }
}

/// The database's file, when it is one.
pub(super) fn sqlite_file(config: &Config) -> Option<PathBuf> {
    let path = config.database.url.expose().strip_prefix("sqlite://")?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    Some(config.data_dir.join(path))
}
