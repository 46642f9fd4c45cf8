//! A fresh database of each engine for a test.
//!
//! [`both!`] makes two tests of one: `on_sqlite` in a folder of its own, `on_postgres` in a
//! database of its own on the server that `MANTI_TEST_POSTGRES` names (a superuser's
//! `postgres://…`). Without that variable the second one says on standard error that it was
//! skipped.

use std::path::Path;

use manti::config::{
    Billing, Config, Database, Fsync, Journal, Limits, Log, LogFormat, OnDisconnect, Secret,
    Server, Share, Stream, UnknownPrice, Upstream,
};
use manti::models::id;
use manti::store::Store;
use sqlx::{Connection as _, PgConnection};
use std::time::Duration;

/// A database that only this test uses, migrated.
pub(crate) struct Engine {
    /// Open.
    pub(crate) store: Store,
    /// What `DATABASE_URL` would be.
    pub(crate) url: String,
    folder: tempfile::TempDir,
    server: Option<String>,
}

impl Engine {
    /// A fresh SQLite file.
    pub(crate) async fn sqlite() -> Self {
        Self::open("sqlite://manti.db".to_owned(), None).await
    }

    /// A fresh database on the PostgreSQL server, if there is one.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = server()?;
        let name = id::mint("t").to_lowercase();
        let mut admin = PgConnection::connect(&server).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::query(create).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        let url = within(&server, &name);
        Some(Self::open(url, Some(server)).await)
    }

    async fn open(url: String, server: Option<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&config(&url, folder.path())).unwrap();
        store.migrate().await.unwrap();
        Self {
            store,
            url,
            folder,
            server,
        }
    }

    /// The data directory.
    pub(crate) fn data_dir(&self) -> &Path {
        self.folder.path()
    }

    /// The settings that name this database.
    pub(crate) fn config(&self) -> Config {
        config(&self.url, self.folder.path())
    }

    /// The same database, opened as another process would.
    pub(crate) fn again(&self) -> Store {
        Store::open(&self.config()).unwrap()
    }

    /// Ends the test's use of it.
    pub(crate) async fn close(self) {
        self.store.close().await;
        if let Some(server) = self.server {
            let name = self.url.rsplit('/').next().unwrap_or_default();
            let name = name.split('?').next().unwrap_or_default();
            let mut admin = PgConnection::connect(&server).await.unwrap();
            let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)"));
            sqlx::query(drop).execute(&mut admin).await.unwrap();
        }
    }
}

/// The PostgreSQL server for tests.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
pub(crate) fn server() -> Option<String> {
    let server = std::env::var("MANTI_TEST_POSTGRES").ok();
    if server.is_none() {
        eprintln!("skipped: MANTI_TEST_POSTGRES does not name a PostgreSQL server");
    }
    server
}

/// An entry for the audit log, where a test does not care.
pub(crate) fn done() -> manti::models::audit::Entry {
    let now = manti::models::clock::Clock::system().now();
    manti::auth::Actor::operator().did("test.done", "test", (None, None), now)
}

/// The URL of a database on a server.
fn within(server: &str, name: &str) -> String {
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let scheme = base.find("://").map_or(0, |at| at + 3);
    let host = base[scheme..]
        .find('/')
        .map_or(base.len(), |at| scheme + at);
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{}/{name}{mark}{query}", &base[..host])
}

/// Settings of which only the database matters here.
pub(crate) fn config(url: &str, data_dir: &Path) -> Config {
    Config {
        data_dir: data_dir.to_owned(),
        server: Server {
            listen: ([127, 0, 0, 1], 0).into(),
            public_url: None,
            request_body_limit: 32 << 20,
            drain_delay: Duration::ZERO,
            drain_timeout: Duration::from_secs(30),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics_token: None,
            metrics_listen: None,
        },
        database: Database {
            url: Secret::new(url),
            grace: Duration::from_mins(10),
        },
        redis: manti::config::Redis::default(),
        journal: Journal {
            fsync: Fsync::Never,
            max_size: 1 << 30,
            keep: Duration::from_mins(10),
        },
        upstream: Upstream {
            connect_timeout: Duration::from_secs(5),
            first_token_timeout: Duration::from_mins(2),
            idle_timeout: Duration::from_mins(1),
            total_timeout: Duration::from_mins(15),
            max_attempts: 3,
            retry_budget: Share::new(0.2),
            breaker: true,
            on_disconnect: OnDisconnect::Cancel,
            drain_limit: Duration::from_secs(30),
        },
        stream: Stream {
            heartbeat: Duration::from_secs(15),
            usage_wait: Duration::from_secs(5),
        },
        limits: Limits {
            wait: Duration::from_millis(500),
        },
        billing: Billing {
            unknown_price: UnknownPrice::Flag,
        },
        log: Log {
            level: "info".to_owned(),
            format: LogFormat::Text,
        },
        providers: std::collections::BTreeMap::new(),
        models: std::collections::BTreeMap::new(),
        jwt_secret: None,
        master_key: None,
        first_admin: None,
        declared: manti::config::Declared::default(),
    }
}

/// Makes one test a test on each engine.
macro_rules! both {
    ($($(#[$meta:meta])* async fn $name:ident($engine:ident: &Engine) $body:block)+) => {
        $(mod $name {
            #[allow(clippy::allow_attributes, unused_imports, reason = "not every test uses all")]
            use super::*;

            async fn run($engine: &$crate::support::engines::Engine) $body

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                let engine = $crate::support::engines::Engine::sqlite().await;
                run(&engine).await;
                engine.close().await;
            }

            $(#[$meta])*
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                let Some(engine) = $crate::support::engines::Engine::postgres().await else {
                    return;
                };
                run(&engine).await;
                engine.close().await;
            }
        })+
    };
}
pub(crate) use both;
