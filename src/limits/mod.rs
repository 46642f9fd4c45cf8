//! Limits on requests, tokens and calls at once, for keys, users, teams and models: taken at
//! admission, settled at the end, shared by all processes on one database.
//!
//! A call takes from *slices* that this process holds, which costs nobody a wait. An authority, the
//! database, grants them; the teller asks it for more in good time and tells it what was used.
//! While it is away a call is held to this process's part of each limit. A refused call takes
//! nothing, and a call that used less than was estimated gives the rest back to the moment it took
//! it from; what it used beyond that counts from its end on.
//!
//! Start with [`Limits::take`]. `bucket`, `authority` and `slice` are the arithmetic; `holder` is
//! whose slices there are, `database` how claims are settled.

pub mod authority;
pub mod bucket;
mod contact;
mod database;
mod desk;
mod holder;
mod lease;
mod look;
mod measure;
mod observed;
mod redis;
#[cfg(test)]
mod simulation;
mod slice;
mod take;
mod taken;
mod teller;
mod time;

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use metrics::{Counter, counter};
use smallvec::SmallVec;
use tokio_util::sync::CancellationToken;

use crate::config::Secret;
use crate::models::api_key::{Rules, matches};
use crate::models::caps::Caps;
use crate::models::clock::Clock;
use crate::models::principal::Principal;
use crate::store::{Change, Store};
use crate::telemetry::{self, names};

pub use measure::{Exceeded, Kind, Measure, Scope, Standing, Standings};
pub use taken::Taken;

use contact::Contact;
use database::Database;
use desk::Desk;
use holder::{Holder, Holders};
use observed::Observed;
use redis::Redis;
use slice::{Footing, MOST};
use take::{Attempt, Try, refused};
use teller::Teller;
use time::Time;

/// The meters of everybody who called lately. Cheap to clone; the clones share them.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    time: Time,
    contact: Contact,
    holders: Holders,
    desk: Desk,
    observed: Observed,
    /// Calls that passed without asking anybody.
    at_once: Counter,
    /// Once limits are shared.
    database: OnceLock<Database>,
    redis: OnceLock<Redis>,
    /// How long a refused call waits for what others hold and do not use.
    wait: Duration,
}

/// With whom limits are shared.
#[derive(Debug, Clone)]
pub struct Sharing {
    /// The database, which grants where nobody else does.
    pub store: Store,
    /// The id of this process.
    pub replica: String,
    /// `database.grace`: how long a process that is cut off goes on serving.
    pub grace: Duration,
    /// `redis.url`: grants instead of the database.
    pub redis: Option<Secret>,
}

/// What a call is expected to take.
#[derive(Debug, Clone, Copy)]
pub struct Estimate {
    /// Tokens it reads, counted roughly.
    pub input: u64,
    /// Tokens it may write at most, when it says so.
    pub max_output: Option<u64>,
}

/// A call that asks to be admitted.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Who calls.
    pub principal: &'a Principal,
    /// The model's name as it was asked for.
    pub requested: &'a str,
    /// The name that the model's limits count under.
    pub model: &'a Arc<str>,
    /// What the model is limited to, whoever asks for it.
    pub model_caps: Option<&'a Caps>,
    /// What the call is expected to take.
    pub estimate: Estimate,
}

/// What became of a call that asked.
pub enum Taking {
    /// It is known at once.
    Ready(Result<Admission, Exceeded>),
    /// The authority has to be asked first.
    Later(BoxFuture<'static, Result<Admission, Exceeded>>),
}

/// A call that no limit refuses.
#[derive(Debug, Default)]
pub struct Admission {
    /// What it has taken; `None` when nothing limits it.
    pub taken: Option<Taken>,
    /// How its limits stand now.
    pub standings: Standings,
    /// What would have refused it, if it were not only observed: `would_limit:key:rpm`.
    pub flags: Vec<String>,
}

/// How one limit that holds for a call stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// For whom it is set.
    pub scope: Scope,
    /// What it counts.
    pub measure: Measure,
    /// How it stands.
    pub standing: Standing,
    /// Whether it is only observed.
    pub observe: bool,
    /// Whether the call would pass it.
    pub passes: bool,
}

/// The meters of one scope that a call takes from, and what they are limited to.
#[derive(Debug, Clone)]
struct Part {
    holder: Arc<Holder>,
    caps: Caps,
}

type Parts = SmallVec<[Part; 4]>;

impl Limits {
    /// Meters that nobody has used yet; `wait` is how long a refused call waits for what other
    /// processes hold and do not use.
    pub fn new(clock: &Clock, wait: Duration) -> Self {
        telemetry::metrics::install();
        Self(Arc::new(Inner {
            time: Time::new(clock),
            contact: Contact::default(),
            holders: Holders::default(),
            desk: Desk::default(),
            observed: Observed::default(),
            at_once: counter!(names::LIMIT_TAKES, "way" => "slice"),
            database: OnceLock::new(),
            redis: OnceLock::new(),
            wait,
        }))
    }

    /// Shares the limits with other processes until stopped; until it runs, nothing is granted.
    pub async fn share(&self, sharing: Sharing, stop: CancellationToken) {
        let Sharing {
            store,
            replica,
            grace,
            redis,
        } = sharing;
        let redis = redis.and_then(|url| match Redis::new(url.expose(), &replica, grace) {
            Ok(redis) => Some(redis),
            Err(error) => {
                tracing::error!(%error, "the address of Redis is none: the database grants");
                None
            }
        });
        let database = Database {
            store,
            replica: replica.into(),
            grace,
        };
        let database = self.0.database.get_or_init(|| database).clone();
        let redis = redis.map(|redis| self.0.redis.get_or_init(|| redis).clone());
        let teller = Teller::new(Arc::clone(&self.0), database, redis);
        Box::pin(teller.run(stop)).await;
    }

    /// Takes what a call needs from all limits that hold for it, all or nothing.
    pub fn take(&self, asked: &Asked) -> Taking {
        self.take_besides(asked, None)
    }

    /// Takes what another model's limits ask of a call besides those it has taken from.
    pub fn take_besides(&self, asked: &Asked, taken: Option<&Taken>) -> Taking {
        let mut parts = self.0.parts(asked);
        if let Some(taken) = taken {
            parts.retain(|part| !taken.is_of(&part.holder));
        }
        if parts.is_empty() {
            return Taking::Ready(Ok(Admission::default()));
        }
        match self.attempt(&parts, asked.estimate, Try::Once) {
            Attempt::Taken(admission) => {
                self.0.at_once.increment(1);
                Taking::Ready(Ok(admission))
            }
            Attempt::Refused(exceeded, None) => Taking::Ready(Err(refused(exceeded, "slice"))),
            Attempt::Refused(exceeded, Some(wait)) => {
                let limits = self.clone();
                let estimate = asked.estimate;
                Taking::Later(Box::pin(async move {
                    limits.recall(exceeded, wait, &parts, estimate).await
                }))
            }
            Attempt::Short => {
                let limits = self.clone();
                let estimate = asked.estimate;
                Taking::Later(Box::pin(async move { limits.ask(&parts, estimate).await }))
            }
        }
    }

    /// Has what is idle of meters go back that others want. To be told what changed in the
    /// database.
    pub fn hear(&self, changes: &[Change]) {
        let meters = changes
            .iter()
            .filter(|change| change.kind == crate::store::Kind::Meter);
        let ids = meters.map(|change| change.id.as_str()).collect();
        if self.0.holders.recall(&ids) {
            self.0.desk.ring();
        }
    }

    /// Forgets meters that nobody uses, and says what was only observed; to be called now and then.
    pub fn sweep(&self) {
        let at = Instant::now();
        self.0.holders.sweep(self.0.time.there(at));
        self.0.observed.tell(at);
    }
}

impl Inner {
    /// What is known now beside the slices.
    fn footing(&self) -> (Instant, Footing) {
        let at = Instant::now();
        let (here, there) = (self.time.here(at), self.time.there(at));
        (at, self.contact.footing(here, there))
    }

    /// The meters that hold for a call, in the order in which they are locked.
    fn parts(&self, asked: &Asked) -> Parts {
        let mut parts = Parts::new();
        let principal = asked.principal;
        if let Some(key) = &principal.key {
            self.add(&mut parts, Kind::Key, &key.id, &key.rules, asked);
        }
        self.add(
            &mut parts,
            Kind::User,
            &principal.user_id,
            &principal.rules,
            asked,
        );
        if let Some(team) = &principal.team {
            self.add(&mut parts, Kind::Team, &team.id, &team.rules, asked);
        }
        if let Some(caps) = asked.model_caps {
            self.push(&mut parts, Kind::Model, asked.model, None, caps);
        }
        parts.sort_unstable_by_key(|part| Arc::as_ptr(&part.holder));
        parts
    }

    fn add(&self, parts: &mut Parts, kind: Kind, id: &Arc<str>, rules: &Rules, asked: &Asked) {
        self.push(parts, kind, id, None, &rules.caps);
        for (pattern, caps) in &rules.model_limits {
            if matches(pattern, asked.requested) || matches(pattern, asked.model) {
                self.push(parts, kind, id, Some(pattern), caps);
            }
        }
    }

    fn push(&self, parts: &mut Parts, kind: Kind, id: &Arc<str>, of: Option<&str>, caps: &Caps) {
        if !caps.is_empty() {
            parts.push(Part {
                holder: self.holders.of(kind, id, of),
                caps: *caps,
            });
        }
    }

    fn enlist(&self, parts: &Parts) {
        for part in parts {
            self.holders.enlist(&part.holder);
        }
    }
}

impl Part {
    fn limits(&self) -> impl Iterator<Item = (Measure, u64)> + use<> {
        let caps = self.caps;
        let all = Measure::ALL.iter();
        all.filter_map(move |measure| measure.of(&caps).map(|limit| (*measure, limit)))
    }

    fn exceeded(&self, measure: Measure, limit: u64, retry_after: Option<Duration>) -> Exceeded {
        Exceeded {
            scope: self.holder.scope.clone(),
            measure,
            limit,
            retry_after,
        }
    }
}

impl Estimate {
    /// What a call is charged until its end: of tokens all it reads, and a share of what it may
    /// write.
    ///
    /// Holding the whole of a client's `max_tokens` would let one call of an agent, which names its
    /// model's largest answer as a habit, shut out all others; a tenth of the limit still bounds
    /// what parallel calls can pass unseen, and the settlement corrects it.
    fn amount(&self, measure: Measure, limit: u64) -> u64 {
        if !measure.is_tokens() {
            return 1;
        }
        let output = self.max_output.unwrap_or(512).min(limit / 10);
        self.input.saturating_add(output).min(MOST)
    }
}
