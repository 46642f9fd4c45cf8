//! From a credential to a [`Principal`], in under a microsecond when it is known.
//!
//! A credential is looked up once and then known by the digest of the whole of it. What changes
//! in the database is heard of within 250 ms ([`Authenticator::watch`]) and forgotten here. When
//! nothing was heard for a second, a known credential is asked for again; while the database is
//! away it goes on for the grace, and an unknown one is told to come back, never that it is wrong.

mod cache;
mod lookup;
mod watch;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cache::{Cache, Entry};
use metrics::{Counter, counter};
use tokio::sync::{Semaphore, watch as channel};
use watch::News;

use super::Signer;
use super::actor::{Actor, Credential, Origin, Person, Who};
use super::api_key::digest;
use crate::models::clock::Clock;
use crate::models::principal::Principal;
use crate::models::user::Role;
use crate::store::{Error, Kind, Store};
use crate::telemetry::{self, names};

/// How old the last news may be before a known credential is asked for again.
const FRESH: Duration = Duration::from_secs(1);

/// How many look-ups run at once: a flood of unknown keys must not take the database.
const LOOKUPS: usize = 8;

/// The longest credential that is looked at: a token of ours has under 400 bytes.
const LONGEST: usize = 2048;

/// Why a credential is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Denied {
    /// Not one of ours.
    #[error("unknown credential")]
    Unknown,
    /// Revoked, or its session has ended.
    #[error("revoked credential")]
    Revoked,
    /// No longer valid.
    #[error("expired credential")]
    Expired,
    /// The user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// Cannot be told now: the database is away.
    #[error("the database is not available")]
    Unavailable,
}

/// Knows the callers. Cheap to clone; the clones share one cache.
#[derive(Debug, Clone)]
pub struct Authenticator(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: Clock,
    signer: Signer,
    grace: Duration,
    cache: Cache,
    news: News,
    lookups: Semaphore,
    /// Who else wants to hear of which changes.
    listeners: Mutex<Vec<(&'static [Kind], channel::Sender<u64>)>>,
    /// Credentials that were known, and those that the database was asked for.
    counted: (Counter, Counter),
}

/// What a known credential is good for now.
enum Judgement {
    /// This, without asking anybody.
    Settled(Result<Arc<Principal>, Denied>),
    /// It has to be asked for again.
    Stale,
}

impl Authenticator {
    /// `grace`: how long known credentials go on while the database is away.
    pub fn new(store: Store, clock: Clock, signer: Signer, grace: Duration) -> Self {
        // A handle that is made before counting starts counts nothing.
        telemetry::metrics::install();
        Self(Arc::new(Inner {
            news: News::new(clock.instant()),
            store,
            clock,
            signer,
            grace,
            cache: Cache::new(),
            lookups: Semaphore::new(LOOKUPS),
            listeners: Mutex::default(),
            counted: (
                counter!(names::CREDENTIAL_LOOKUPS, "from" => "cache"),
                counter!(names::CREDENTIAL_LOOKUPS, "from" => "database"),
            ),
        }))
    }

    /// Who holds an API key or an access token.
    pub async fn credential(&self, secret: &str) -> Result<Arc<Principal>, Denied> {
        if secret.len() > LONGEST {
            return Err(Denied::Unknown);
        }
        let digest = digest(secret);
        let known = self.0.cache.get(&digest);
        if let Some(entry) = &known
            && let Judgement::Settled(verdict) = self.0.judge(entry)
        {
            self.0.counted.0.increment(1);
            return verdict;
        }
        // The way to the database is long; those who do not take it do not carry it.
        Box::pin(self.0.ask(secret, digest, known)).await
    }

    /// A caller as somebody who acts: with what they are in their teams, as the database has it
    /// now.
    pub async fn actor(&self, principal: &Principal, origin: Origin) -> Result<Actor, Error> {
        let teams = if principal.role == Role::Admin || principal.key.is_some() {
            // Their rights do not depend on it.
            Vec::new()
        } else {
            self.0.store.memberships(&principal.user_id).await?
        };
        Ok(Actor {
            who: Who::User(Person {
                id: Arc::clone(&principal.user_id),
                email: Arc::clone(&principal.email),
                role: principal.role,
                teams,
                with: match (&principal.key, &principal.team) {
                    (None, _) => Credential::Session,
                    (Some(_), None) => Credential::Key,
                    (Some(_), Some(_)) => Credential::TeamKey,
                },
            }),
            origin,
        })
    }

    /// Whether the database answered lately, or the grace still runs.
    pub fn serves(&self) -> bool {
        let age = self.0.news.age(self.0.clock.instant());
        age.is_some_and(|age| age <= self.0.grace.max(FRESH))
    }

    /// How many credentials are known.
    pub fn cached(&self) -> u64 {
        self.0.cache.len()
    }
}

impl Inner {
    fn judge(&self, entry: &Entry) -> Judgement {
        let now = self.clock.instant();
        let age = self.news.age(now);
        // What was asked for since the last news is as good as news of its own.
        let age = age.map_or(now - entry.read_at, |age| age.min(now - entry.read_at));
        if age <= FRESH {
            Judgement::Settled(self.verdict(entry))
        } else if !self.news.away() {
            Judgement::Stale
        } else if age <= self.grace {
            Judgement::Settled(self.verdict(entry))
        } else {
            Judgement::Settled(Err(Denied::Unavailable))
        }
    }

    /// What an entry that may be believed says, by the time of day.
    fn verdict(&self, entry: &Entry) -> Result<Arc<Principal>, Denied> {
        let principal = entry.verdict.as_ref().map_err(|denied| *denied)?;
        let now = self.store.now(&self.clock).timestamp_micros();
        if now >= entry.expires_at {
            return Err(Denied::Expired);
        }
        if principal.key.is_some() {
            self.cache.mark_used(entry, now);
        }
        Ok(Arc::clone(principal))
    }
}
