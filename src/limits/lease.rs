//! This process's lease in the database: renewed in time, or beside everything else.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use super::bucket::Moment;
use super::database::{Database, Others};
use super::teller::On;
use crate::store::{self, Store};

/// What the database says when a lease is renewed.
type Renewed = store::Result<(Moment, Others)>;

/// How soon it is tried again.
const AGAIN: Duration = Duration::from_millis(250);

/// When it is to be renewed, and who else is there.
#[derive(Debug)]
pub(super) struct Lease {
    database: Database,
    authority: On,
    renew_at: Moment,
    aside: Option<JoinHandle<Renewed>>,
    tasks: TaskTracker,
    /// The others that did not say that they stopped; `None`: the database is away.
    known: Option<Arc<[Arc<str>]>>,
}

impl Lease {
    /// A lease that nobody has yet; what renews it beside everything else is one of these tasks.
    pub(super) fn new(database: Database, tasks: TaskTracker) -> Self {
        Self {
            database,
            tasks,
            authority: On::Database,
            renew_at: Moment::default(),
            aside: None,
            known: None,
        }
    }

    /// The other processes that did not say that they stopped, as far as anybody knows.
    pub(super) fn known(&self) -> Option<Arc<[Arc<str>]>> {
        self.known.clone()
    }

    /// Who grants is written down at once.
    pub(super) fn change_authority(&mut self, authority: On) {
        self.authority = authority;
        self.renew_at = Moment::default();
    }

    /// Renews it if it is time; `here` is this process's time.
    pub(super) async fn renew(&mut self, seen: u64, here: Moment) -> Option<Renewed> {
        if here < self.renew_at {
            return None;
        }
        let renewed = self
            .database
            .renew(seen, self.authority.as_str(), here)
            .await;
        self.note(&renewed, here);
        Some(renewed)
    }

    /// Renews it if it is time, without waiting for the database.
    pub(super) fn renew_aside(&mut self, seen: u64, here: Moment) {
        self.authority = On::Redis;
        if let Some(task) = self.aside.take_if(|task| task.is_finished()) {
            use futures_util::FutureExt as _;
            if let Some(Ok(renewed)) = task.now_or_never() {
                self.note(&renewed, here);
            }
        }
        if self.aside.is_some() || here < self.renew_at {
            return;
        }
        let (database, authority) = (self.database.clone(), self.authority);
        self.aside = Some(
            self.tasks
                .spawn(async move { database.renew(seen, authority.as_str(), here).await }),
        );
    }

    fn note(&mut self, renewed: &Renewed, here: Moment) {
        if let Ok((_, others)) = renewed {
            self.known = Some(others.known.clone().into());
            self.renew_at = here.after(self.every());
        } else {
            self.known = None;
            self.renew_at = here.after(AGAIN);
        }
    }

    /// How often: where nobody else can be, seldom.
    fn every(&self) -> Duration {
        match self.database.store {
            Store::Sqlite(_) => Duration::from_secs(5),
            Store::Postgres(_) => Duration::from_secs(1),
        }
    }
}
