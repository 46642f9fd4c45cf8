//! What the authority keeps of a meter, and how it settles a claim: pure arithmetic.
//!
//! A grant is charged to the last sub-bucket it may be used in, so that it counts for as long as
//! any of it may. When its holder tells what was used when, the charge moves there, and what is
//! left goes back or into the next grant. What a dead process held leaves with its sub-bucket.
//!
//! The same functions serve the rows of the database and the tests; Redis has them once more as a
//! script.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bucket::{Moment, Width, Window};
use super::measure::Measure;

/// The sub-buckets after the running one that a grant may be used in. A process that is cut off has
/// nothing else for as long as others may have taken all that was free: of a minute's meter until
/// its share is its own again.
const fn life(width: Width) -> u64 {
    match width {
        Width::Minute => 68,
        Width::Day => 1,
    }
}

/// What nobody is granted of a limit while it is shared: a process that is cut off and had nothing
/// in hand lets its part of it pass.
pub(super) const fn reserve(limit: u64) -> u64 {
    limit / 50
}

/// How many grants of one replica what remains must be good for.
const PARTS: u64 = 4;

/// All meters of one scope, as they are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tallies(BTreeMap<Measure, Tally>);

/// One meter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Tally {
    /// What counts, grants included. Empty for calls at once.
    #[serde(rename = "w", default)]
    window: Window,
    /// What replicas hold.
    #[serde(rename = "h", default)]
    held: BTreeMap<Arc<str>, Held>,
}

/// What one replica holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Held {
    #[serde(rename = "n")]
    amount: u64,
    /// The sub-bucket that it is charged to.
    #[serde(rename = "u")]
    until: u64,
    /// The number of the claim that it was granted for.
    #[serde(rename = "s")]
    claim: u64,
}

/// What a replica asks and tells of one meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Its number among this replica's claims on the meter.
    pub number: u64,
    /// The last claim that was answered.
    pub answered: u64,
    /// What was used since then. There is more than one part where claims were not answered.
    pub used: Vec<Used>,
    /// What of the last grant may still be used; of calls at once, all places that it keeps.
    pub keep: u64,
    /// What waits for it.
    pub need: u64,
    /// The smallest part of that which is of use.
    pub least: u64,
    /// How much more would last for a while.
    pub want: u64,
    /// What the meter is limited to.
    pub limit: u64,
}

/// What was used between two claims, or given back: sub-buckets and amounts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Used {
    /// The claim that told it first.
    pub claim: u64,
    /// Sub-buckets, and what to add to them.
    pub changes: Vec<(u64, i64)>,
}

/// Under which circumstances a claim is settled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The authority's time.
    pub now: Moment,
    /// Who claims.
    pub replica: Arc<str>,
    /// The replicas that are alive, the claiming one among them.
    pub alive: Vec<Arc<str>>,
    /// For each replica that may be cut off and serve its share all the same: of how many it knew.
    pub lost: Vec<u64>,
}

/// What is granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// How much beyond what was kept.
    pub extra: u64,
    /// The last sub-bucket that it may be used in.
    pub until: u64,
    /// What counts now, this grant included.
    pub window: Window,
    /// What is set aside for replicas that may be cut off.
    pub aside: u64,
    /// What other living replicas hold.
    pub elsewhere: u64,
}

impl Terms {
    /// What of a limit is set aside: the shares of those that may be cut off.
    ///
    /// One that knew of nobody mostly was killed and is replaced: half is left alone for it. And
    /// however many there are, whoever is there has half of what it would have beside them.
    pub fn aside(&self, limit: u64) -> u64 {
        let shares = self.lost.iter().map(|saw| limit / (*saw).max(2));
        let all = shares.fold(0, u64::saturating_add);
        let lost = self.lost.len() as u64;
        all.min(limit - limit / (2 * (lost + 1)))
    }

    /// What of it is kept for those that may be cut off any moment.
    fn reserve(&self, limit: u64) -> u64 {
        if self.live() > 1 { reserve(limit) } else { 0 }
    }

    fn is_alive(&self, replica: &str) -> bool {
        self.alive.iter().any(|alive| &**alive == replica)
    }

    fn live(&self) -> u64 {
        (self.alive.len() as u64).max(1)
    }
}

impl Tallies {
    /// Settles a claim.
    pub fn settle(&mut self, measure: Measure, claim: &Claim, terms: &Terms) -> Grant {
        let tally = self.0.entry(measure).or_default();
        match measure.width() {
            Some(width) => tally.settle_window(width, claim, terms),
            None => tally.settle_places(claim, terms),
        }
    }

    /// What counts of a meter, grants included, and which places others than a replica hold.
    pub fn look(&self, measure: Measure, replica: &str) -> (Window, u64) {
        let Some(tally) = self.0.get(&measure) else {
            return (Window::default(), 0);
        };
        let others = tally.held.iter().filter(|(other, _)| &***other != replica);
        let elsewhere = others.map(|(_, held)| held.amount).sum();
        (tally.window.clone(), elsewhere)
    }

    /// What counts of a meter, grants included.
    #[cfg(test)]
    fn total(&self, measure: Measure, now: Moment) -> u64 {
        let Some(tally) = self.0.get(&measure) else {
            return 0;
        };
        match measure.width() {
            Some(width) => tally.window.total(width, now),
            None => tally.held.values().map(|held| held.amount).sum(),
        }
    }
}

impl Tally {
    fn settle_window(&mut self, width: Width, claim: &Claim, terms: &Terms) -> Grant {
        let now = terms.now;
        self.window.prune(width, now);
        self.held.retain(|_, held| width.counts(held.until, now));
        let before = self.held.remove(&terms.replica);
        let heard = before.map_or(claim.answered, |held| held.claim);
        // What is older than what was answered is of a database that lost its last commits: what
        // it has charged may have been used, and stays.
        if let Some(held) = before
            && held.claim >= claim.answered
        {
            self.window.remove(held.until, held.amount);
        }
        for part in claim.used.iter().filter(|part| part.claim > heard) {
            for (label, by) in &part.changes {
                self.window.change(*label, *by);
            }
        }
        self.window.forget(width, now);
        let aside = terms.aside(claim.limit) + terms.reserve(claim.limit);
        let counted = self.window.total(width, now).saturating_add(claim.keep);
        let room = (claim.limit - aside).saturating_sub(counted);
        let extra = claim.extra(room, terms);
        let until = width.label(now) + life(width);
        let amount = claim.keep.saturating_add(extra);
        self.window.add(until, amount);
        let others = self
            .held
            .iter()
            .filter(|(replica, held)| held.until >= width.label(now) && terms.is_alive(replica));
        let elsewhere = others.map(|(_, held)| held.amount).sum();
        self.hold(claim, terms, amount, until);
        Grant {
            extra,
            until,
            window: self.window.clone(),
            aside,
            elsewhere,
        }
    }

    fn settle_places(&mut self, claim: &Claim, terms: &Terms) -> Grant {
        let own = &terms.replica;
        self.held
            .retain(|replica, _| replica != own && terms.is_alive(replica));
        let elsewhere: u64 = self.held.values().map(|held| held.amount).sum();
        let aside = terms.aside(claim.limit);
        let taken = elsewhere.saturating_add(claim.keep);
        let extra = claim.extra((claim.limit - aside).saturating_sub(taken), terms);
        self.hold(claim, terms, claim.keep.saturating_add(extra), 0);
        Grant {
            extra,
            until: 0,
            window: Window::default(),
            aside,
            elsewhere,
        }
    }

    /// Kept even when it is nothing: by its number a replica learns which claim was the last.
    fn hold(&mut self, claim: &Claim, terms: &Terms, amount: u64, until: u64) {
        let held = Held {
            amount,
            until,
            claim: claim.number,
        };
        self.held.insert(Arc::clone(&terms.replica), held);
    }
}

impl Claim {
    /// What is granted of what remains.
    fn extra(&self, room: u64, terms: &Terms) -> u64 {
        if self.need > 0 && self.least > room {
            return 0;
        }
        let spare = self.want.min(room / (PARTS * terms.live()));
        self.need.min(room).max(spare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000;

    fn terms(replica: &str, second: u64) -> Terms {
        Terms {
            now: Moment(second * SECOND),
            replica: replica.into(),
            alive: vec!["a".into(), "b".into()],
            lost: Vec::new(),
        }
    }

    fn claim(number: u64, need: u64) -> Claim {
        Claim {
            number,
            answered: number - 1,
            used: Vec::new(),
            keep: 0,
            need,
            least: need,
            want: 0,
            limit: 10,
        }
    }

    fn used(claim: u64, changes: &[(u64, i64)]) -> Vec<Used> {
        let changes = changes.to_vec();
        vec![Used { claim, changes }]
    }

    #[test]
    fn a_grant_counts_until_its_last_second_has_left_unless_its_use_is_told() {
        let mut tallies = Tallies::default();
        tallies.settle(Measure::Rpm, &claim(1, 10), &terms("a", 1000));
        let refused = tallies.settle(Measure::Rpm, &claim(1, 1), &terms("b", 1060));
        assert_eq!(refused.extra, 0);
        let mut told = claim(2, 0);
        told.used = used(2, &[(1000, 4)]);
        tallies.settle(Measure::Rpm, &told, &terms("a", 1002));
        assert_eq!(tallies.total(Measure::Rpm, terms("a", 1060).now), 4);
        let granted = tallies.settle(Measure::Rpm, &claim(2, 6), &terms("b", 1060));
        assert_eq!(granted.extra, 6);
        let granted = tallies.settle(Measure::Rpm, &claim(3, 4), &terms("b", 1061));
        assert_eq!(granted.extra, 4, "what was used at 1000 has left");
    }

    #[test]
    fn a_claim_that_was_settled_unnoticed_is_not_counted_twice() {
        let mut tallies = Tallies::default();
        tallies.settle(Measure::Rpm, &claim(1, 5), &terms("a", 1000));
        let mut told = claim(2, 0);
        told.used = used(2, &[(1000, 3)]);
        tallies.settle(Measure::Rpm, &told, &terms("a", 1001));
        // It was not heard that this was settled: all is told again, and more.
        let mut again = claim(3, 0);
        again.answered = 1;
        again.used = used(2, &[(1000, 3)]);
        again.used.extend(used(3, &[(1002, 1)]));
        tallies.settle(Measure::Rpm, &again, &terms("a", 1002));
        assert_eq!(tallies.total(Measure::Rpm, terms("a", 1002).now), 4);
    }

    #[test]
    fn places_of_a_replica_that_is_gone_come_back() {
        let mut tallies = Tallies::default();
        tallies.settle(Measure::Parallel, &claim(1, 10), &terms("a", 1000));
        let refused = tallies.settle(Measure::Parallel, &claim(1, 1), &terms("b", 1000));
        assert_eq!((refused.extra, refused.elsewhere), (0, 10));
        let mut alone = terms("b", 1001);
        alone.alive.remove(0);
        let granted = tallies.settle(Measure::Parallel, &claim(2, 1), &alone);
        assert_eq!(granted.extra, 1);
    }

    #[test]
    fn the_shares_of_lost_replicas_are_set_aside() {
        let mut alone = terms("b", 1000);
        for (lost, aside) in [
            (&[][..], 0),
            (&[4], 30),
            (&[1], 60),
            (&[3, 3], 80),
            (&[4, 4, 4], 90),
            (&[2, 3], 100),
            (&[2, 2, 2], 105),
            (&[1, 1, 1, 1, 1], 110),
        ] {
            alone.lost = lost.to_vec();
            assert_eq!(alone.aside(120), aside, "{lost:?}");
        }
    }

    #[test]
    fn spare_is_a_quarter_of_a_replicas_part_at_most() {
        let mut tallies = Tallies::default();
        let mut first = claim(1, 1);
        (first.want, first.limit) = (1000, 81);
        let granted = tallies.settle(Measure::Rpm, &first, &terms("a", 1000));
        assert_eq!(granted.extra, 10);
    }

    #[test]
    fn what_is_kept_reads_the_same_again() {
        let mut tallies = Tallies::default();
        tallies.settle(Measure::Rpm, &claim(1, 5), &terms("a", 1000));
        tallies.settle(Measure::Parallel, &claim(1, 5), &terms("a", 1000));
        let text = serde_json::to_string(&tallies).unwrap();
        assert_eq!(serde_json::from_str::<Tallies>(&text).unwrap(), tallies);
        assert_eq!(
            text,
            r#"{"rpm":{"w":[[1068,5]],"h":{"a":{"n":5,"u":1068,"s":1}}},"parallel":{"w":[],"h":{"a":{"n":5,"u":0,"s":1}}}}"#
        );
    }
}
