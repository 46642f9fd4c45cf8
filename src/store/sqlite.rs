//! SQLite: one file, many readers, one writer.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::SqlitePool;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use tokio::sync::Mutex;

use super::{ACQUIRE, Error, Pool, Result};

/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// How long a statement that reads may take.
const LONGEST: Duration = Duration::from_secs(30);

/// How many steps of a statement go by between two looks at the time.
const STEPS: i32 = 100_000;

/// How long a transaction may wait for the one before it, which may itself wait [`BUSY`].
const QUEUE: Duration = Duration::from_secs(8);

/// An open SQLite file.
#[derive(Debug, Clone)]
pub struct Sqlite {
    readers: SqlitePool,
    /// Small and apart, so that slow reports never delay a key's lookup.
    control: SqlitePool,
    writer: SqlitePool,
    file: Arc<PathBuf>,
    /// Watches for other connections' commits; opened when first used.
    pub(super) watch: Arc<Mutex<Option<Watch>>>,
}

/// A connection that never writes, so that its `data_version` moves with everybody else's commits.
#[derive(Debug)]
pub(super) struct Watch {
    pub(super) connection: SqliteConnection,
    pub(super) seen: Option<i64>,
    pub(super) version: i64,
}

impl Sqlite {
    /// Opens `sqlite://PATH`, relative to the data directory, and makes the file if need be.
    pub fn open(url: &str, data_dir: &Path) -> Result<Self> {
        let named = SqliteConnectOptions::from_str(url).map_err(Error::from)?;
        let file = data_dir.join(named.get_filename());
        make(&file).map_err(|error| Error::Unavailable(error.into()))?;
        let options = Self::options(&file).busy_timeout(BUSY);
        let reading = options.clone().pragma("query_only", "ON");
        let reader = |most| {
            SqlitePoolOptions::new()
                .max_connections(most)
                .acquire_timeout(ACQUIRE)
                .test_before_acquire(false)
        };
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(QUEUE)
            .test_before_acquire(false)
            .connect_lazy_with(options.journal_mode(SqliteJournalMode::Wal));
        Ok(Self {
            readers: reader(4)
                .after_connect(|connection, _| Box::pin(limit(connection)))
                .before_acquire(|connection, _| {
                    Box::pin(async { limit(connection).await.map(|()| true) })
                })
                .connect_lazy_with(reading.clone()),
            control: reader(2).connect_lazy_with(reading),
            writer,
            file: Arc::new(file),
            watch: Arc::default(),
        })
    }

    /// How every connection to a file is opened.
    fn options(file: &Path) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(file)
            .foreign_keys(true)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("journal_size_limit", "67108864")
    }

    /// How the connection is opened that watches for commits.
    pub(super) fn watching(&self) -> SqliteConnectOptions {
        Self::options(&self.file)
            .busy_timeout(BUSY)
            .pragma("query_only", "ON")
    }

    /// The file itself.
    pub fn file(&self) -> &Path {
        &self.file
    }

    pub(super) fn reader(&self) -> &SqlitePool {
        &self.readers
    }

    pub(super) fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    pub(super) fn control(&self) -> &SqlitePool {
        &self.control
    }

    pub(super) fn pools(&self) -> Vec<Pool> {
        vec![
            count("read", &self.readers),
            count("control", &self.control),
            count("write", &self.writer),
        ]
    }

    pub(super) async fn close(&self) {
        self.control.close().await;
        self.watch.lock().await.take();
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// Has the next statement of a connection interrupted when it takes too long: it would go on
/// after whoever asked has given up.
async fn limit(connection: &mut SqliteConnection) -> sqlx::Result<()> {
    let deadline = Instant::now() + LONGEST;
    let mut handle = connection.lock_handle().await?;
    handle.set_progress_handler(STEPS, move || Instant::now() < deadline);
    Ok(())
}

/// Makes the file and its folder readable by their owner only.
fn make(file: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

    if let Some(folder) = file.parent() {
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .map(drop)
}

fn count(name: &'static str, pool: &SqlitePool) -> Pool {
    Pool {
        name,
        open: pool.size(),
        idle: u32::try_from(pool.num_idle()).unwrap_or(u32::MAX),
        most: pool.options().get_max_connections(),
    }
}
