//! Redis as the authority: claims are settled by one script, by the server's time.
//!
//! Who is there is kept in Redis too, so that it needs no database while it grants. All keys have
//! one tag: a cluster keeps them in one place, as a script needs them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::{ConnectionManager, ConnectionManagerConfig};
use ::redis::{Client, RedisError, Script};
use serde::{Deserialize, Serialize};
use tokio::sync::OnceCell;

use super::authority::{Grant, Tallies};
use super::bucket::{Moment, Window};
use super::contact::{LEASE, OVERDUE};
use super::database::Scoped;

/// How long Redis may take before it counts as away.
const ANSWER: Duration = Duration::from_millis(500);

/// Who is there.
const REPLICAS: &str = "{manti}:replicas";

const SETTLE: &str = include_str!("settle.lua");

/// Redis, and who asks it.
#[derive(Clone)]
pub(super) struct Redis {
    client: Client,
    connection: Arc<OnceCell<ConnectionManager>>,
    script: Arc<Script>,
    replica: Arc<str>,
    grace: Duration,
}

impl fmt::Debug for Redis {
    /// Without its address, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis").finish_non_exhaustive()
    }
}

/// What came of claims.
#[derive(Debug)]
pub(super) struct Settled {
    /// Redis' time.
    pub(super) then: Moment,
    /// How many processes share the limits.
    pub(super) replicas: u64,
    pub(super) grants: Vec<Vec<Grant>>,
}

/// Why Redis did not settle.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// It does not answer in time.
    #[error("Redis does not answer")]
    Silent,
    /// It cannot be reached, or refuses.
    #[error("{0}")]
    Redis(#[from] RedisError),
    /// What it answers is not what the script gives.
    #[error("Redis answered otherwise than expected: {0}")]
    Other(#[from] serde_json::Error),
}

/// Who claims, for the script.
#[derive(Debug, Serialize)]
struct Claimant<'a> {
    id: &'a str,
    /// How many replicas it knows of.
    seen: u64,
    /// Those that did not say that they stopped; `None`: nobody knows.
    known: Option<&'a [Arc<str>]>,
    lease: u128,
    overdue: u128,
    grace: u128,
    leaves: bool,
}

/// A grant, as the script spells it.
#[derive(Debug, Deserialize)]
struct Spelled {
    extra: u64,
    last: u64,
    aside: u64,
    elsewhere: u64,
    window: String,
}

impl Redis {
    /// For an address such as `redis://cache:6379`; nothing is connected yet.
    pub(super) fn new(url: &str, replica: &str, grace: Duration) -> Result<Self, RedisError> {
        Ok(Self {
            client: Client::open(url)?,
            connection: Arc::default(),
            script: Arc::new(Script::new(SETTLE)),
            replica: replica.into(),
            grace,
        })
    }

    /// Settles claims, all or none, and says that this process is there. `known` are those that
    /// are not known to have stopped.
    pub(super) async fn settle(
        &self,
        claims: &[Scoped],
        seen: u64,
        known: Option<&[Arc<str>]>,
    ) -> Result<Settled, Trouble> {
        self.invoke(claims, seen, known, false).await
    }

    /// What is kept of the meters of these scopes.
    pub(super) async fn look(&self, ids: &[&str]) -> Result<Vec<(String, Tallies)>, Trouble> {
        let looking = async {
            let mut get = ::redis::cmd("MGET");
            for id in ids {
                get.arg(format!("{{manti}}:meter:{id}"));
            }
            get.query_async(&mut self.connected().await?).await
        };
        let looking = tokio::time::timeout(ANSWER, Box::pin(looking)).await;
        let texts: Vec<Option<String>> = looking.map_err(|_| Trouble::Silent)??;
        let named = ids.iter().zip(texts);
        let mut found = Vec::new();
        for (id, text) in named {
            let Some(text) = text else { continue };
            // To the script an empty list and an empty table are one.
            let text = text.replace("\"w\":{}", "\"w\":[]");
            found.push(((*id).to_owned(), serde_json::from_str(&text)?));
        }
        Ok(found)
    }

    /// Says that this process is not there any more.
    pub(super) async fn leave(&self) -> Result<(), Trouble> {
        self.invoke(&[], 1, None, true).await.map(drop)
    }

    async fn connected(&self) -> Result<ConnectionManager, RedisError> {
        let connect = || ConnectionManager::new_with_config(self.client.clone(), patience());
        Ok(self.connection.get_or_try_init(connect).await?.clone())
    }

    async fn invoke(
        &self,
        claims: &[Scoped],
        seen: u64,
        known: Option<&[Arc<str>]>,
        leaves: bool,
    ) -> Result<Settled, Trouble> {
        let claimant = Claimant {
            id: &self.replica,
            seen,
            known,
            lease: LEASE.as_millis(),
            overdue: OVERDUE.as_millis(),
            grace: (self.grace + LEASE).as_millis(),
            leaves,
        };
        let mut call = self.script.prepare_invoke();
        call.key(REPLICAS).arg(serde_json::to_string(&claimant)?);
        for (id, claims) in claims {
            call.key(format!("{{manti}}:meter:{id}"));
            call.arg(serde_json::to_string(claims)?);
        }
        let asked = async { call.invoke_async(&mut self.connected().await?).await };
        let asked = tokio::time::timeout(ANSWER, Box::pin(asked)).await;
        let (then, replicas, grants): (String, u64, Vec<String>) =
            asked.map_err(|_| Trouble::Silent)??;
        let grants = grants.iter().map(|text| read(text));
        Ok(Settled {
            then: Moment(then.parse().unwrap_or(0)),
            replicas,
            grants: grants.collect::<Result<_, _>>()?,
        })
    }
}

/// It is tried again by the teller, not by the connection.
fn patience() -> ConnectionManagerConfig {
    ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(ANSWER))
        .set_response_timeout(Some(ANSWER))
}

fn read(text: &str) -> serde_json::Result<Vec<Grant>> {
    let spelled: Vec<Spelled> = serde_json::from_str(text)?;
    let grant = |spelled: Spelled| Grant {
        extra: spelled.extra,
        until: spelled.last,
        window: window(&spelled.window),
        aside: spelled.aside,
        elsewhere: spelled.elsewhere,
    };
    Ok(spelled.into_iter().map(grant).collect())
}

fn window(text: &str) -> Window {
    let mut window = Window::default();
    for slot in text.split(',') {
        if let Some((label, amount)) = slot.split_once(':')
            && let (Ok(label), Ok(amount)) = (label.parse(), amount.parse())
        {
            window.add(label, amount);
        }
    }
    window
}

#[cfg(test)]
mod tests;
