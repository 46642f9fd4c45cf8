//! Assembles the program and runs it: listener, connections, jobs, the stop.
//!
//! Knows everybody and decides little: what a call, a user or a price is, the floors below know.
//! [`Server::build`] puts the parts together, [`Server::run_until`] accepts until it is told to
//! stop and ends in order; [`serve`] is both for a process that does nothing else.

mod connection;
mod directory;
mod jobs;
mod listener;
mod prepare;
mod shutdown;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{Api, Parts, Readiness};
use crate::auth::{Accounts, Authenticator, Passwords, Sessions, Signer, Vault};
use crate::catalog::Catalog;
use crate::catalog::prices::Book;
use crate::catalog::prices::installed;
use crate::config::{Config, Seen, Sources};
use crate::gateway::Gateway;
use crate::journal::Journal;
use crate::limits::Limits;
use crate::models::clock::Clock;
use crate::offers::Offers;
use crate::providers;
use crate::store::migrate::MigrateError;
use crate::store::{self, Store};
use crate::telemetry;

use connection::Shared;
use directory::Directory;
use jobs::Jobs;
use jobs::reload::Reload;
use prepare::Prepare;

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Another server works in the data directory.
    #[error("another server (pid {pid}) works in {}: stop it, or set MANTI_DATA_DIR", .path.display())]
    Taken {
        /// The data directory.
        path: PathBuf,
        /// The process that holds it.
        pid: String,
    },
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used: {source}", .path.display())]
    Directory {
        /// The data directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The settings do not make a server.
    #[error("{0}")]
    Settings(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    Database(#[from] store::Error),
    /// The schema is not one for this program.
    #[error(transparent)]
    Schema(#[from] MigrateError),
    /// Something ended that must run as long as the server does.
    #[error("{0}")]
    Broken(String),
}

/// A server that is put together and bound, and accepts nobody yet.
pub struct Server {
    config: Config,
    sources: Option<(Sources, Seen)>,
    listener: TcpListener,
    metrics_listener: Option<TcpListener>,
    address: SocketAddr,
    parts: Parts,
    accounts: Accounts,
    journal: Journal,
    clock: Clock,
    prepare: Prepare,
    _directory: Directory,
}

/// What runs beside the connections.
#[derive(Clone)]
struct Running {
    /// Everything that is to stop, stops.
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Server {
    /// Puts a server together. Must be called within a runtime of several threads or one.
    ///
    /// With the database away it is built all the same: it is then not ready until the database
    /// is back.
    pub async fn build(config: Config) -> Result<Self, Trouble> {
        Box::pin(Self::with_clock(config, Clock::system())).await
    }

    /// Puts a server together that goes by a clock.
    pub async fn with_clock(config: Config, clock: Clock) -> Result<Self, Trouble> {
        telemetry::metrics::install();
        let directory = Directory::open(&config)?;
        let store = Store::open(&config)?;
        let passwords = Passwords::new();
        let signer = Signer::new(config.jwt_secret.as_ref(), &store, &config.data_dir)
            .map_err(|error| Trouble::Settings(error.to_string()))?;
        let providers =
            providers::build(&config).map_err(|error| Trouble::Settings(error.to_string()))?;
        let catalog = Catalog::with_book(&config, &providers, price_book(&config)?);
        let catalog = Arc::new(catalog);
        telemetry::metrics::know_models(
            catalog
                .offers()
                .into_iter()
                .map(|offer| offer.listed.id.to_string()),
        );
        let journal = Journal::open(&config.data_dir, &config.journal)
            .map_err(|source| directory.trouble(source))?;
        let gateway = Gateway::new(
            Arc::clone(&catalog),
            providers::Client::new(&config.upstream),
            journal.clone(),
            Limits::new(&clock, config.limits.wait),
            clock.clone(),
            config.stream.clone(),
        );
        let vault = Vault::new(config.master_key.as_ref(), &store, &config.data_dir);
        let offers = Offers::new(
            (store.clone(), clock.clone(), vault),
            config.clone(),
            providers.clone(),
            Some(Arc::clone(&catalog)),
        );
        let accounts = Accounts::new(store.clone(), clock.clone(), passwords.clone());
        let readiness = Readiness::new(!providers.is_empty());
        let parts = Parts {
            settings: config.server.clone(),
            gateway,
            catalog,
            sessions: Sessions::new(store.clone(), clock.clone(), passwords, signer.clone()),
            authenticator: Authenticator::new(
                store.clone(),
                clock.clone(),
                signer,
                config.database.grace,
            ),
            accounts: accounts.clone().door(),
            store: store.clone(),
            offers: offers.clone(),
            clock: clock.clone(),
            replica: journal.replica().into(),
            started: clock.instant(),
            readiness: Arc::clone(&readiness),
        };
        let mut prepare = Prepare::new(store, accounts.clone(), offers, readiness, &config);
        prepare.try_at_once().await?;
        let (listener, address) = listener::bind(config.server.listen)?;
        let metrics_listener = config
            .server
            .metrics_listen
            .map(listener::bind)
            .transpose()?
            .map(|(listener, _)| listener);
        Ok(Self {
            config,
            sources: None,
            listener,
            metrics_listener,
            address,
            parts,
            accounts,
            journal,
            clock,
            prepare,
            _directory: directory,
        })
    }

    /// The same, whose settings follow their sources while it runs; `seen` is what these said when
    /// the settings were read.
    #[must_use]
    pub fn following(self, sources: Sources, seen: Seen) -> Self {
        Self {
            sources: Some((sources, seen)),
            ..self
        }
    }

    /// The address that is listened on, with the port that was given.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The one-time link to make the first admin with, while there are no users.
    pub fn setup_link(&self) -> Option<String> {
        let token = self.prepare.setup_token()?;
        let base = match &self.config.server.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None if self.address.ip().is_unspecified() => {
                format!("http://localhost:{}", self.address.port())
            }
            None => format!("http://{}", self.address),
        };
        Some(format!("{base}/setup?token={token}"))
    }

    /// Users and keys, for those who run a server in their own process.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The database, for those who run a server in their own process.
    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Answers until `stop` is ready, then ends in order: what is running finishes within
    /// `server.drain_timeout`, and what was used is written down.
    pub async fn run_until(self, stop: impl Future<Output = ()>) -> Result<(), Trouble> {
        self.run(stop, std::future::pending()).await
    }

    /// As [`Server::run_until`]; when `abort` is ready, what still runs is cut off.
    pub async fn run(
        self,
        stop: impl Future<Output = ()>,
        abort: impl Future<Output = ()>,
    ) -> Result<(), Trouble> {
        let Self {
            config,
            sources,
            listener,
            metrics_listener,
            address,
            parts,
            accounts: _,
            journal,
            clock,
            prepare,
            _directory,
        } = self;
        let running = Running {
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let shared = Arc::new(Shared {
            api: Arc::new(Api::new(&parts)),
            closing: CancellationToken::new(),
            aborted: CancellationToken::new(),
            tasks: TaskTracker::new(),
        });
        let reload = sources.map(|(sources, seen)| Reload {
            sources,
            seen,
            config: config.clone(),
            offers: parts.offers.clone(),
            gateway: Arc::clone(&parts.gateway),
        });
        let jobs = Jobs {
            reload,
            authenticator: parts.authenticator.clone(),
            offers: parts.offers.clone(),
            gateway: Arc::clone(&parts.gateway),
            store: parts.store.clone(),
            journal,
            settings: config.journal.clone(),
            grace: config.database.grace,
            redis: config.redis.url.clone(),
            clock,
        };
        let recording = jobs.start(&running, prepare);
        if let Some(listener) = metrics_listener {
            let stop = running.stop.clone();
            let metrics = listener::metrics(listener, stop, running.tasks.clone());
            running.tasks.spawn(metrics);
        }
        tracing::info!(address = %address, "listening");
        let limits = shutdown::Limits {
            delay: config.server.drain_delay,
            timeout: config.server.drain_timeout,
        };
        let accepting = listener::accept(listener, Arc::clone(&shared));
        let idle = parts.gateway.idle();
        let (all, ready) = (&shared, &parts.readiness);
        let ended = shutdown::run(accepting, stop, abort, idle, all, ready, limits).await;

        // Nobody calls any more. What they used goes to the journal, then to the database; what
        // does not go there in time is taken up by the next process.
        if timeout(LAST_CALLS, parts.gateway.idle()).await.is_err() {
            tracing::warn!(
                calls = parts.gateway.running(),
                "some calls were not settled in time"
            );
        }
        recording.finish().await;
        running.stop.cancel();
        running.tasks.close();
        if timeout(LAST_JOBS, running.tasks.wait()).await.is_err() {
            tracing::warn!("some jobs did not end in time");
        }
        parts.store.close().await;
        tracing::info!("stopped");
        ended
    }
}

/// How long calls may take to be settled after the last connection.
const LAST_CALLS: Duration = Duration::from_secs(10);

/// How long the jobs may take to end after the last call.
const LAST_JOBS: Duration = Duration::from_secs(5);

/// Runs a server for as long as the process lives; `told` is given the set-up link, if there is
/// one. SIGTERM and SIGINT stop it, a second one at once; its settings follow their sources, which
/// had been `seen` to say what they say.
pub fn serve(
    config: Config,
    (sources, seen): (Sources, Seen),
    told: impl FnOnce(&str),
) -> Result<(), Trouble> {
    let broken = |error: io::Error| Trouble::Broken(error.to_string());
    shutdown::say_only_where_it_panicked();
    listener::raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(std::thread::available_parallelism().map_or(1, std::num::NonZero::get))
        .max_blocking_threads(32)
        .thread_name("manti")
        .enable_all()
        .build()
        .map_err(broken)?;
    let ended = runtime.block_on(async {
        let (stop, abort) = shutdown::signals().map_err(broken)?;
        let server = Box::pin(Server::build(config)).await?;
        let server = server.following(sources, seen);
        if let Some(link) = server.setup_link() {
            told(&link);
        }
        server.run(stop.cancelled(), abort.cancelled()).await
    });
    // A lookup of a name or a hash that still runs is nobody's any more.
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}

/// The price book in force. One that was imported and cannot be read stops the start: other
/// prices than those that were chosen would be wrong ones.
fn price_book(config: &Config) -> Result<Arc<Book>, Trouble> {
    let (book, imported) = installed::in_force(&config.data_dir).map_err(|unusable| {
        Trouble::Settings(format!(
            "{unusable}; import another price book, or go back with: manti price import --built-in"
        ))
    })?;
    let own = Book::builtin().version();
    if imported && book.version() < own {
        tracing::warn!(
            prices = &**book.source(),
            "the imported price book is older than the program's own of {own}; \
             to use that: manti price import --built-in"
        );
    } else if imported {
        tracing::info!(
            prices = &**book.source(),
            "the imported price book is in use"
        );
    }
    Ok(book)
}
