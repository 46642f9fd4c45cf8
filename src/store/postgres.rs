//! PostgreSQL: a server that several processes share.

use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Executor as _, PgPool};

use super::{ACQUIRE, Error, Pool, Result};

/// Said on every new connection: nothing may run, wait or idle in a transaction for ever.
const SESSION: &str = "SET statement_timeout = '30s'; SET lock_timeout = '10s'; \
     SET idle_in_transaction_session_timeout = '30s'; SET jit = off";

/// An open PostgreSQL database.
#[derive(Debug, Clone)]
pub struct Postgres {
    readers: PgPool,
    /// Apart, so that slow reports never delay what is to be recorded.
    writers: PgPool,
    /// Small and apart, for what calls wait for.
    control: PgPool,
    /// How far the server's clock is ahead of ours, in microseconds.
    pub(super) skew: Arc<AtomicI64>,
}

impl Postgres {
    /// Opens `postgres://…` without connecting yet.
    pub fn open(url: &str) -> Result<Self> {
        let options = PgConnectOptions::from_str(url)
            .map_err(Error::from)?
            .application_name("manti");
        Ok(Self {
            readers: pool(6).connect_lazy_with(options.clone()),
            writers: pool(4).connect_lazy_with(options.clone()),
            control: pool(4).connect_lazy_with(options),
            skew: Arc::default(),
        })
    }

    pub(super) fn reader(&self) -> &PgPool {
        &self.readers
    }

    pub(super) fn writer(&self) -> &PgPool {
        &self.writers
    }

    pub(super) fn control(&self) -> &PgPool {
        &self.control
    }

    pub(super) fn pools(&self) -> Vec<Pool> {
        vec![
            count("read", &self.readers),
            count("control", &self.control),
            count("write", &self.writers),
        ]
    }

    pub(super) async fn close(&self) {
        self.control.close().await;
        self.readers.close().await;
        self.writers.close().await;
    }
}

fn pool(most: u32) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(Duration::from_mins(5))
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(SESSION).await.map(drop) })
        })
}

fn count(name: &'static str, pool: &PgPool) -> Pool {
    Pool {
        name,
        open: pool.size(),
        idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
        most: pool.options().get_max_connections(),
    }
}
