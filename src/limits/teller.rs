//! The teller: one task a process that settles with the authority what calls want and have used.
//!
//! It takes up everything that is due at once, in one transaction; what comes meanwhile waits for
//! the next. Calls whose slices last never meet it. Where Redis is configured it is the authority;
//! while that is away the database is, and each is told what was used while it was not.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Inner;
use super::authority::Grant;
use super::bucket::Moment;
use super::database::{Claims, Database, Scoped, wants_back};
use super::holder::Holder;
use super::lease::Lease;
use super::redis::Redis;
use super::slice::Slice;
use crate::telemetry::names;

/// How often it looks for what is due without being rung.
const LOOK: Duration = Duration::from_millis(250);

/// How many scopes are settled at once.
const AT_ONCE: usize = 200;

/// Between tries while the authority does not answer.
const AGAIN: Duration = Duration::from_millis(250);

/// How often Redis is told that this process is there.
const REDIS_RENEWAL: Duration = Duration::from_secs(1);

/// How often Redis is tried while it is away.
const REDIS_AGAIN: Duration = Duration::from_secs(2);

/// Who grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum On {
    Database,
    Redis,
}

impl On {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Redis => "redis",
        }
    }
}

pub(super) struct Teller {
    limits: Arc<Inner>,
    database: Database,
    redis: Option<Redis>,
    on: On,
    lease: Lease,
    /// What nobody waits for before the end; each has a deadline.
    tasks: TaskTracker,
    /// When Redis is to be told again that this process is there, or tried.
    redis_at: Moment,
}

/// What came of claims, whoever settled them.
struct Settled {
    then: Moment,
    replicas: u64,
    grants: Vec<Vec<Grant>>,
}

/// Claims were not settled, or perhaps they were.
struct Failed {
    perhaps: bool,
    error: String,
}

impl Teller {
    pub(super) fn new(limits: Arc<Inner>, database: Database, redis: Option<Redis>) -> Self {
        let on = match redis {
            Some(_) => On::Redis,
            None => On::Database,
        };
        limits.contact.goes_to_redis(on == On::Redis);
        let tasks = TaskTracker::new();
        Self {
            limits,
            lease: Lease::new(database.clone(), tasks.clone()),
            tasks,
            database,
            redis,
            on,
            redis_at: Moment::default(),
        }
    }

    /// Settles until it is stopped; then everything goes back.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut tick = tokio::time::interval(LOOK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.limits.desk.rung() => {}
                _ = tick.tick() => {}
            }
            let round = self.limits.desk.begin();
            let answered = if self.limits.contact.is_silent() {
                // While the others leave our share alone they are told what we let pass of it.
                self.round().await && self.renew().await
            } else {
                self.renew().await && self.round().await
            };
            self.limits.desk.end(round);
            if !answered {
                tokio::select! {
                    () = stop.cancelled() => break,
                    () = tokio::time::sleep(AGAIN) => {}
                }
            }
        }
        self.leave().await;
    }

    /// Renews the leases when it is time. False: the authority does not answer.
    async fn renew(&mut self) -> bool {
        self.renew_with_redis().await;
        let sent = Instant::now();
        let here = self.limits.time.here(sent);
        let seen = self.limits.contact.replicas();
        if self.on == On::Redis {
            // Nobody waits for it.
            self.lease.renew_aside(seen, here);
            return true;
        }
        match self.lease.renew(seen, here).await {
            None => true,
            Some(Ok((then, others))) => {
                self.limits.contact.renewed(here);
                self.heard(sent, then, others.count);
                true
            }
            Some(Err(error)) => {
                self.missed(&error.to_string());
                false
            }
        }
    }

    /// Tells Redis that this process is there; goes over to it when it is back.
    async fn renew_with_redis(&mut self) {
        let sent = Instant::now();
        let here = self.limits.time.here(sent);
        if here < self.redis_at {
            return;
        }
        let Some(redis) = &self.redis else { return };
        let seen = self.limits.contact.replicas();
        let known = self.lease.known();
        match redis.settle(&[], seen, known.as_deref()).await {
            Ok(settled) => {
                self.redis_at = here.after(REDIS_RENEWAL);
                gauge!(names::REDIS_UP).set(1.0);
                if self.on == On::Database {
                    tracing::info!("Redis is back and grants what is limited");
                    self.change(On::Redis);
                }
                self.limits.contact.renewed(here);
                self.heard(sent, settled.then, settled.replicas);
            }
            Err(error) => self.without_redis(&error.to_string()),
        }
    }

    /// Goes on with the database, and says so once.
    fn without_redis(&mut self, error: &str) {
        let here = self.limits.time.here(Instant::now());
        self.redis_at = here.after(REDIS_AGAIN);
        gauge!(names::REDIS_UP).set(0.0);
        if self.on == On::Redis {
            tracing::warn!(error, "Redis is away: the database grants what is limited");
            self.change(On::Database);
        }
    }

    /// Another authority grants from now on.
    fn change(&mut self, on: On) {
        self.on = on;
        self.limits.contact.goes_to_redis(on == On::Redis);
        self.lease.change_authority(on);
        let now = self.limits.time.there(Instant::now());
        self.limits.time.forget();
        for holder in self.limits.holders.every() {
            holder
                .lock()
                .iter_mut()
                .for_each(|slice| slice.change_authority(now));
            self.limits.holders.enlist(&holder);
        }
        self.limits.desk.ring();
    }

    /// Settles everything that is due. Tells whether the authority answered.
    async fn round(&mut self) -> bool {
        let (holders, claims) = self.due();
        let mut answered = true;
        for (holders, claims) in holders.chunks(AT_ONCE).zip(claims.chunks(AT_ONCE)) {
            if answered {
                answered = self.settle(holders, claims).await;
            } else {
                self.unanswered(holders, claims, false);
            }
        }
        if !answered && self.on == On::Redis {
            self.without_redis("claims were not settled");
        }
        answered
    }

    /// What is to be asked and told, in the order of the scopes' ids.
    fn due(&self) -> (Vec<Arc<Holder>>, Vec<Scoped>) {
        let now = self.limits.time.there(Instant::now());
        let silent = self.limits.contact.is_silent();
        let mut holders = self.limits.holders.enlisted();
        holders.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut due = Vec::new();
        let mut claims = Vec::new();
        for holder in holders {
            let mut slices = holder.lock();
            let is_due = |slice: &Slice| slice.is_due(now) || silent && slice.has_untold();
            if !slices.iter().any(is_due) {
                continue;
            }
            // All of the scope: they are in one row.
            let claimed: Claims = slices
                .iter_mut()
                .filter(|slice| !slice.is_at_rest())
                .map(|slice| (slice.measure(), slice.claim(now)))
                .collect();
            drop(slices);
            claims.push((Arc::clone(&holder.id), claimed));
            due.push(holder);
        }
        (due, claims)
    }

    async fn settle(&self, holders: &[Arc<Holder>], claims: &[Scoped]) -> bool {
        let sent = Instant::now();
        let authority = self.on.as_str();
        match self.ask(claims, sent).await {
            Ok(settled) => {
                counter!(names::LIMIT_SETTLEMENTS, "authority" => authority, "result" => "ok")
                    .increment(1);
                self.heard(sent, settled.then, settled.replicas);
                self.answered(holders, claims, settled);
                true
            }
            Err(Failed { perhaps, error }) => {
                counter!(names::LIMIT_SETTLEMENTS, "authority" => authority, "result" => "away")
                    .increment(1);
                self.unanswered(holders, claims, perhaps);
                if self.on == On::Database {
                    self.missed(&error);
                }
                false
            }
        }
    }

    async fn ask(&self, claims: &[Scoped], sent: Instant) -> Result<Settled, Failed> {
        if let (On::Redis, Some(redis)) = (self.on, &self.redis) {
            let seen = self.limits.contact.replicas();
            let known = self.lease.known();
            let settled = redis.settle(claims, seen, known.as_deref()).await;
            let settled = settled.map_err(|error| Failed {
                perhaps: true,
                error: error.to_string(),
            })?;
            self.recall(claims, &settled.grants);
            return Ok(Settled {
                then: settled.then,
                replicas: settled.replicas,
                grants: settled.grants,
            });
        }
        let settled = self
            .database
            .settle(claims, self.limits.time.here(sent))
            .await;
        let settled = settled.map_err(|failed| Failed {
            perhaps: failed.perhaps,
            error: failed.error.to_string(),
        })?;
        Ok(Settled {
            then: settled.then,
            replicas: settled.others.count,
            grants: settled.grants,
        })
    }

    /// Has others give back what Redis has granted them, by way of the database, which every
    /// process listens to. Nobody waits for it.
    fn recall(&self, claims: &[Scoped], grants: &[Vec<Grant>]) {
        let settled = claims.iter().zip(grants);
        let wanted = settled.filter(|((_, claims), grants)| wants_back(claims, grants));
        let ids: Vec<Arc<str>> = wanted.map(|((id, _), _)| Arc::clone(id)).collect();
        if ids.is_empty() {
            return;
        }
        let database = self.database.clone();
        self.tasks.spawn(async move {
            let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
            if let Err(error) = database.recall(&ids).await {
                let error = &error as &dyn std::error::Error;
                tracing::debug!(error, "others cannot be asked to give back");
            }
        });
    }

    fn answered(&self, holders: &[Arc<Holder>], claims: &[Scoped], settled: Settled) {
        let now = self.limits.time.there(Instant::now());
        for ((holder, (_, claims)), grants) in holders.iter().zip(claims).zip(settled.grants) {
            let mut slices = holder.lock();
            for ((measure, _), grant) in claims.iter().zip(grants) {
                slices.of(*measure).answered(grant, settled.then, now);
            }
        }
    }

    fn unanswered(&self, holders: &[Arc<Holder>], claims: &[Scoped], perhaps: bool) {
        let now = self.limits.time.there(Instant::now());
        for (holder, (_, claims)) in holders.iter().zip(claims) {
            let mut slices = holder.lock();
            for (measure, _) in claims {
                slices.of(*measure).unanswered(perhaps, now);
            }
        }
    }

    fn heard(&self, sent: Instant, then: Moment, replicas: u64) {
        let answered = Instant::now();
        self.limits.time.hear(sent, answered, then);
        let here = self.limits.time.here(answered);
        self.limits.contact.saw(replicas, here);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        gauge!(names::REPLICAS).set(replicas as f64);
        gauge!(names::LIMIT_AUTHORITY).set(1.0);
        if self.limits.contact.answers(true) {
            tracing::info!("limits are shared with the other processes again");
        }
    }

    fn missed(&self, error: &str) {
        gauge!(names::LIMIT_AUTHORITY).set(0.0);
        if self.limits.contact.answers(false) {
            tracing::warn!(
                error,
                replicas = self.limits.contact.replicas(),
                "limits cannot be shared with the other processes: each call is held to this \
                 process's part of them"
            );
        }
    }

    /// Gives everything back and ends the leases, whoever answers.
    async fn leave(&mut self) {
        for holder in self.limits.holders.enlisted() {
            holder.lock().iter_mut().for_each(Slice::recall);
        }
        let round = self.limits.desk.begin();
        let asked = self.on;
        if !self.round().await && self.on != asked {
            // The other one takes it.
            self.round().await;
        }
        self.limits.desk.end(round);
        if let Some(redis) = &self.redis
            && let Err(error) = redis.leave().await
        {
            tracing::debug!(%error, "Redis is not told that this process stops");
        }
        // A renewal that came after the end would count this process among those that are lost.
        self.tasks.close();
        self.tasks.wait().await;
        let here = self.limits.time.here(Instant::now());
        if let Err(error) = self.database.release(here).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the lease runs out"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Limits;
    use super::*;
    use crate::config::Config;
    use crate::models::clock::Clock;
    use crate::store::{Lease as Kept, Store};

    #[tokio::test]
    async fn no_renewal_comes_after_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&Config::defaults(folder.path())).unwrap();
        store.migrate().await.unwrap();
        let database = Database {
            store: store.clone(),
            replica: "rep_a".into(),
            grace: Duration::from_mins(10),
        };
        let clock = Clock::system();
        for _ in 0..10 {
            let limits = Limits::new(&clock, Duration::ZERO);
            let mut teller = Teller::new(Arc::clone(&limits.0), database.clone(), None);
            teller.lease.renew_aside(1, Moment(u64::MAX));
            teller.leave().await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            let other = Kept {
                replica: "rep_b",
                seen: 1,
                authority: "database",
                lasts: Duration::from_secs(15),
            };
            let there = store.renew_lease(other, clock.now()).await.unwrap();
            let ids: Vec<&str> = there.known.iter().map(|one| one.id.as_str()).collect();
            assert_eq!(ids, ["rep_b"]);
        }
    }
}
