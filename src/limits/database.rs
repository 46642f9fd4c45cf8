//! The database as the authority: claims are settled in one transaction, leases kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::DateTime;

use super::authority::{Claim, Grant, Tallies, Terms};
use super::bucket::Moment;
use super::contact::{LEASE, OVERDUE};
use super::measure::Measure;
use crate::models::clock::Timestamp;
use crate::store::{self, Error, Lease, MeterRow, Replica, Replicas, Store};

/// How long the database may take before it counts as away.
const ANSWER: Duration = Duration::from_secs(1);

/// The claims on the meters of one scope.
pub(super) type Claims = Vec<(Measure, Claim)>;

/// A scope and its claims.
pub(super) type Scoped = (Arc<str>, Claims);

/// The database, and who asks it.
#[derive(Debug, Clone)]
pub(super) struct Database {
    pub(super) store: Store,
    pub(super) replica: Arc<str>,
    /// How long a process that is cut off goes on serving.
    pub(super) grace: Duration,
}

/// What came of claims.
#[derive(Debug)]
pub(super) struct Settled {
    /// The database's time.
    pub(super) then: Moment,
    /// Who is there.
    pub(super) others: Others,
    /// For each scope and each of its claims.
    pub(super) grants: Vec<Vec<Grant>>,
}

/// Why claims were not settled.
#[derive(Debug)]
pub(super) struct Failed {
    /// Whether they may have been all the same.
    pub(super) perhaps: bool,
    pub(super) error: Error,
}

/// The processes that share the limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Others {
    /// Those whose leases last, this one among them.
    pub(super) alive: Vec<Arc<str>>,
    /// For each that may be cut off: of how many it knew.
    pub(super) lost: Vec<u64>,
    /// How many there are, be they cut off or not.
    pub(super) count: u64,
    /// All others that did not say that they stopped.
    pub(super) known: Vec<Arc<str>>,
}

impl Database {
    /// Settles claims, sorted by scope, all or none. `now` is this process's time, which counts
    /// where it is the database's too.
    pub(super) async fn settle(&self, claims: &[Scoped], now: Moment) -> Result<Settled, Failed> {
        let committing = AtomicBool::new(false);
        let settling = Box::pin(self.transact(claims, now, &committing));
        store::within(ANSWER, settling)
            .await
            .map_err(|error| Failed {
                perhaps: committing.load(Ordering::Relaxed),
                error,
            })
    }

    async fn transact(
        &self,
        claims: &[Scoped],
        now: Moment,
        committing: &AtomicBool,
    ) -> store::Result<Settled> {
        let ids: Vec<&str> = claims.iter().map(|(id, _)| &**id).collect();
        let here = timestamp(now);
        let (mut tx, mut rows) = self.store.meters(&ids, here).await?;
        let there = tx.replicas(here).await?;
        let others = self.others(&there);
        let terms = Terms {
            now: moment(there.now),
            replica: Arc::clone(&self.replica),
            alive: others.alive.clone(),
            lost: others.lost.clone(),
        };
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        let mut grants = Vec::with_capacity(claims.len());
        for (id, claims) in claims {
            let row = row(&mut rows, id)?;
            let mut tallies = read(row);
            let granted: Vec<Grant> = claims
                .iter()
                .map(|(measure, claim)| tallies.settle(*measure, claim, &terms))
                .collect();
            row.state = serde_json::to_string(&tallies)
                .map_err(|error| Error::corrupt(error.to_string()))?;
            if wants_back(claims, &granted) {
                tx.note(store::Kind::Meter, id);
            }
            grants.push(granted);
        }
        tx.write_meters(&rows, there.now).await?;
        committing.store(true, Ordering::Relaxed);
        tx.commit().await?;
        Ok(Settled {
            then: terms.now,
            others,
            grants,
        })
    }

    /// Renews the lease; tells the database's time and who is there.
    pub(super) async fn renew(
        &self,
        seen: u64,
        authority: &str,
        now: Moment,
    ) -> store::Result<(Moment, Others)> {
        let lease = Lease {
            replica: &self.replica,
            seen: i64::try_from(seen).unwrap_or(i64::MAX),
            authority,
            lasts: LEASE,
        };
        let renewing = self.store.renew_lease(lease, timestamp(now));
        let there = store::within(ANSWER, Box::pin(renewing)).await?;
        Ok((moment(there.now), self.others(&there)))
    }

    /// Has others give back what they hold of these meters and do not use.
    pub(super) async fn recall(&self, ids: &[&str]) -> store::Result<()> {
        let recalling = async {
            let mut tx = self.store.write().await?;
            for id in ids {
                tx.note(store::Kind::Meter, id);
            }
            tx.commit().await
        };
        store::within(ANSWER, Box::pin(recalling)).await
    }

    /// Ends the lease.
    pub(super) async fn release(&self, now: Moment) -> store::Result<()> {
        let releasing = self.store.release_lease(&self.replica, timestamp(now));
        store::within(ANSWER, Box::pin(releasing)).await
    }

    /// What counts of the meters of these scopes, without taking anything.
    pub(super) async fn look(&self, ids: &[&str]) -> store::Result<Vec<(String, Tallies)>> {
        let looking = self.store.look_at_meters(ids);
        let rows = store::within(ANSWER, Box::pin(looking)).await?;
        let read = |row: MeterRow| {
            let tallies = read(&row);
            (row.id, tallies)
        };
        Ok(rows.into_iter().map(read).collect())
    }

    fn others(&self, there: &Replicas) -> Others {
        if matches!(self.store, Store::Sqlite(_)) {
            // One process works on a file; any other that is known of is gone.
            return Others {
                alive: vec![Arc::clone(&self.replica)],
                lost: Vec::new(),
                count: 1,
                known: Vec::new(),
            };
        }
        let known = there
            .known
            .iter()
            .filter(|other| *other.id != *self.replica);
        let grace = self.grace + LEASE;
        let is_lost = |other: &Replica| {
            // What something else grants to it is not charged here: that is as if it were cut off.
            if other.elsewhere && other.expires_at > there.now {
                return true;
            }
            let silent = there.now - other.renewed_at;
            silent >= OVERDUE_BY && silent.to_std().is_ok_and(|silent| silent < grace)
        };
        let mut others = Others {
            alive: vec![Arc::clone(&self.replica)],
            lost: Vec::new(),
            count: 1,
            known: Vec::new(),
        };
        for other in known {
            others.known.push(other.id.as_str().into());
            let (alive, lost) = (other.expires_at > there.now, is_lost(other));
            if alive {
                others.alive.push(other.id.as_str().into());
            }
            if lost {
                others.lost.push(u64::try_from(other.seen).unwrap_or(1));
            }
            others.count += u64::from(alive || lost);
        }
        others
    }
}

const OVERDUE_BY: chrono::TimeDelta = chrono::TimeDelta::seconds(OVERDUE.as_secs().cast_signed());

/// Whether something was refused of which others hold a part.
pub(super) fn wants_back(claims: &Claims, grants: &[Grant]) -> bool {
    let mut settled = claims.iter().zip(grants);
    settled.any(|((_, claim), grant)| {
        claim.need > 0 && grant.extra < claim.least && grant.elsewhere > 0
    })
}

fn row<'a>(rows: &'a mut [MeterRow], id: &str) -> store::Result<&'a mut MeterRow> {
    let found = rows.binary_search_by(|row| row.id.as_str().cmp(id));
    match found {
        Ok(at) => Ok(&mut rows[at]),
        // It was tidied away since it was made.
        Err(_) => Err(Error::Unavailable(sqlx::Error::RowNotFound)),
    }
}

/// Meters that cannot be read begin anew: a later version may have written them otherwise.
fn read(row: &MeterRow) -> Tallies {
    serde_json::from_str(&row.state).unwrap_or_else(|error| {
        tracing::warn!(meter = row.id, %error, "a meter cannot be read and begins anew");
        Tallies::default()
    })
}

fn timestamp(moment: Moment) -> Timestamp {
    let micros = i64::try_from(moment.0).unwrap_or(i64::MAX);
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn moment(timestamp: Timestamp) -> Moment {
    Moment(u64::try_from(timestamp.timestamp_micros()).unwrap_or(0))
}
