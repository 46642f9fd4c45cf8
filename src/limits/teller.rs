//! The teller: one task a process that settles with the authority what calls want and have used.
//!
//! It takes up everything that is due at once, in one transaction; what comes meanwhile waits for
//! the next. Calls whose slices last never meet it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metrics::{counter, gauge};
use tokio_util::sync::CancellationToken;

use super::Inner;
use super::bucket::Moment;
use super::database::{Claims, Database, Failed, Others, Scoped, Settled};
use super::holder::Holder;
use crate::store;
use crate::telemetry::names;

/// How often it looks for what is due without being rung.
const LOOK: Duration = Duration::from_millis(250);

/// How many scopes are settled at once.
const AT_ONCE: usize = 200;

/// Between tries while the authority does not answer.
const AGAIN: Duration = Duration::from_millis(250);

pub(super) struct Teller {
    limits: Arc<Inner>,
    database: Database,
    /// When the lease is to be renewed.
    renew_at: Moment,
}

impl Teller {
    pub(super) fn new(limits: Arc<Inner>, database: Database) -> Self {
        Self {
            limits,
            database,
            renew_at: Moment::default(),
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
            let answered = self.renew().await && self.round().await;
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

    /// Renews the lease when it is time. False: the authority does not answer.
    async fn renew(&mut self) -> bool {
        let sent = Instant::now();
        let here = self.limits.time.here(sent);
        if here < self.renew_at {
            return true;
        }
        let seen = self.limits.contact.replicas();
        match self.database.renew(seen, here).await {
            Ok((then, others)) => {
                self.limits.time.hear(sent, Instant::now(), then);
                self.limits.contact.renewed(here);
                self.heard(&others);
                self.renew_at = here.after(self.renewal());
                true
            }
            Err(error) => {
                self.missed(&error);
                false
            }
        }
    }

    /// How often the lease is renewed: where nobody else can be, seldom.
    fn renewal(&self) -> Duration {
        match self.database.store {
            store::Store::Sqlite(_) => Duration::from_secs(5),
            store::Store::Postgres(_) => Duration::from_secs(1),
        }
    }

    /// Settles everything that is due. Tells whether the authority answered.
    async fn round(&self) -> bool {
        let sent = Instant::now();
        let (holders, claims) = self.due(sent);
        let mut answered = true;
        for (holders, claims) in holders.chunks(AT_ONCE).zip(claims.chunks(AT_ONCE)) {
            if answered {
                answered = self.settle(holders, claims).await;
            } else {
                self.unanswered(holders, claims, false);
            }
        }
        answered
    }

    /// What is to be asked and told, in the order of the scopes' ids.
    fn due(&self, at: Instant) -> (Vec<Arc<Holder>>, Vec<Scoped>) {
        let now = self.limits.time.there(at);
        let mut holders = self.limits.holders.enlisted();
        holders.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut due = Vec::new();
        let mut claims = Vec::new();
        for holder in holders {
            let mut slices = holder.lock();
            if !slices.iter().any(|slice| slice.is_due(now)) {
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
        let settled = self
            .database
            .settle(claims, self.limits.time.here(sent))
            .await;
        let answered = Instant::now();
        match settled {
            Ok(settled) => {
                counter!(names::LIMIT_SETTLEMENTS, "result" => "ok").increment(1);
                self.limits.time.hear(sent, answered, settled.then);
                self.heard(&settled.others);
                self.answered(holders, claims, settled);
                true
            }
            Err(Failed { perhaps, error }) => {
                counter!(names::LIMIT_SETTLEMENTS, "result" => "away").increment(1);
                self.unanswered(holders, claims, perhaps);
                self.missed(&error);
                false
            }
        }
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

    fn heard(&self, others: &Others) {
        self.limits.contact.saw(others.count);
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        gauge!(names::REPLICAS).set(others.count as f64);
        gauge!(names::LIMIT_AUTHORITY).set(1.0);
        if self.limits.contact.answers(true) {
            tracing::info!("limits are shared with the other processes again");
        }
    }

    fn missed(&self, error: &store::Error) {
        gauge!(names::LIMIT_AUTHORITY).set(0.0);
        if self.limits.contact.answers(false) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                replicas = self.limits.contact.replicas(),
                "limits cannot be shared with the other processes: each call is held to this \
                 process's part of them"
            );
        }
    }

    /// Gives everything back and ends the lease.
    async fn leave(&self) {
        for holder in self.limits.holders.enlisted() {
            holder
                .lock()
                .iter_mut()
                .for_each(super::slice::Slice::recall);
        }
        let round = self.limits.desk.begin();
        let answered = self.round().await;
        self.limits.desk.end(round);
        let here = self.limits.time.here(Instant::now());
        if answered && let Err(error) = self.database.release(here).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "the lease runs out"
            );
        }
    }
}
