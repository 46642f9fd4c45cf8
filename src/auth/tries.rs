//! The limit on wrong passwords, for an account and for an address.
//!
//! Wrong tries are counted in the database, so that neither a restart nor a second process gives
//! more of them. In this process the tries at one subject wait for each other: a burst gets no
//! more than the limit, and people with the right password are not refused for coming at once.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use moka::sync::Cache;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::api_key::{digest, hex};
use crate::models::clock::Clock;
use crate::store::{Result, Store};

/// Wrong tries that an account takes in a window.
const PER_ACCOUNT: i64 = 10;

/// Wrong tries that an address takes in a window: people may share one.
const PER_ADDRESS: i64 = 15;

/// From the first wrong try to when they are forgotten.
const WINDOW: TimeDelta = TimeDelta::minutes(15);

/// How long a try waits for those before it.
const QUEUE: Duration = Duration::from_secs(10);

/// Counts wrong tries. Cheap to clone; the clones share one queue.
#[derive(Debug, Clone)]
pub(super) struct Tries {
    store: Store,
    clock: Clock,
    queues: Cache<String, Arc<Mutex<()>>>,
}

/// One try, alone with its account and its address.
pub(super) struct Try<'a> {
    tries: &'a Tries,
    account: String,
    address: Option<String>,
    _turns: Vec<OwnedMutexGuard<()>>,
}

/// Whether a try may be made.
pub(super) enum Turn<'a> {
    /// It may.
    Yours(Try<'a>),
    /// Not before this time has passed.
    TooMany(Duration),
}

impl Tries {
    pub(super) fn new(store: Store, clock: Clock) -> Self {
        Self {
            store,
            clock,
            queues: Cache::builder()
                .max_capacity(100_000)
                .time_to_idle(Duration::from_mins(10))
                .build(),
        }
    }

    /// Waits for a turn at an account from an address.
    pub(super) async fn turn(&self, account: &str, address: Option<IpAddr>) -> Result<Turn<'_>> {
        let account = hex(&digest(&format!("account {account}")));
        let address = address.map(|address| hex(&digest(&format!("address {}", network(address)))));

        // Always the account first: two that wait for each other cannot be.
        let mut turns = Vec::with_capacity(2);
        let subjects = [
            (Some(&account), PER_ACCOUNT),
            (address.as_ref(), PER_ADDRESS),
        ];
        for subject in subjects.iter().filter_map(|(subject, _)| *subject) {
            let queue = self.queues.get_with_by_ref(subject, Arc::default);
            match tokio::time::timeout(QUEUE, queue.lock_owned()).await {
                Ok(turn) => turns.push(turn),
                Err(_) => return Ok(Turn::TooMany(QUEUE)),
            }
        }
        let now = self.store.now(&self.clock);
        for (subject, most) in subjects {
            let Some(subject) = subject else { continue };
            if let Some(past) = self.store.attempts(subject, now - WINDOW).await?
                && past.failures >= most
            {
                let wait = (past.first_at + WINDOW - now).to_std().unwrap_or_default();
                return Ok(Turn::TooMany(wait.max(Duration::from_secs(1))));
            }
        }
        Ok(Turn::Yours(Try {
            tries: self,
            account,
            address,
            _turns: turns,
        }))
    }
}

impl Try<'_> {
    /// The password was wrong.
    pub(super) async fn wrong(self) -> Result<()> {
        let now = self.tries.store.now(&self.tries.clock);
        let mut tx = self.tries.store.write().await?;
        for subject in std::iter::once(&self.account).chain(&self.address) {
            tx.count_attempt(subject, now, now - WINDOW).await?;
        }
        tx.commit().await
    }

    /// The account to forget the wrong tries of, now that the password was right. The address
    /// keeps its own: else an attacker would sign in to an own account in between.
    pub(super) fn account(&self) -> &str {
        &self.account
    }
}

/// What counts as one address: of IPv6, the network that one customer is given.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
