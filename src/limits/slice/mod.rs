//! What this process has of one meter, and what it may still use: pure arithmetic.
//!
//! A slice is spent without asking anybody. [`Slice::verdict`] says whether a call fits, has to
//! wait for the authority, or is refused by what is known; [`Slice::claim`] is what is asked and
//! told, [`Slice::answered`] what comes of it.

mod verdict;

use std::time::Duration;

use super::authority::{Claim, Grant, Used};
use super::bucket::{Moment, Width, Window};
use super::measure::{Measure, Standing};

pub(super) use verdict::{Alone, Authority, Footing, Verdict};

/// After so long without use what is left goes back; before that to whoever asks for it. Of calls at
/// once a cut-off process has its share anyway.
const IDLE: Duration = Duration::from_secs(10);
const IDLE_PLACES: Duration = Duration::from_secs(1);

/// After so long the authority is told what was used.
const TELL: Duration = Duration::from_millis(2500);

/// How old a grant may be before it is renewed.
const RENEW: Duration = Duration::from_secs(20);

/// For how many seconds a grant should last: until a process that is cut off may serve its share of
/// a minute's meter, and for a usual outage of the database for a day's.
const fn last(width: Width) -> u64 {
    match width {
        Width::Minute => 70,
        Width::Day => 400,
    }
}

/// How many calls of the first one's size are asked for beyond it.
const AHEAD: u64 = 8;

/// How long a refusal by the authority is believed while others may free something.
const BELIEVED: Duration = Duration::from_secs(1);

/// How long it is believed in any case: our clock may be a moment ahead of the authority's.
const BARRED: Duration = Duration::from_millis(50);

/// Amounts are no larger than this; all sums of them are whole numbers to Redis too.
pub(super) const MOST: u64 = 1 << 46;

/// How many claims of unknown fate are kept apart.
const UNANSWERED: usize = 8;

/// What is left of one meter here.
#[derive(Debug)]
pub(super) struct Slice {
    measure: Measure,
    /// What the meter is limited to.
    limit: u64,
    /// What may be used up to the end of a sub-bucket. Not for calls at once.
    left: u64,
    until: u64,
    /// What the authority has charged to us; of calls at once, all places that are ours.
    held: u64,
    /// Calls that run.
    running: u64,
    /// What was used since the last claim.
    used: Vec<(u64, i64)>,
    /// What was told and not confirmed.
    told: Vec<Used>,
    /// What this process used in the window, and of that what only this authority has been told.
    own: Window,
    here: Window,
    /// What counted when the authority last answered, all that it held for us included.
    seen: Window,
    /// When that was: by the authority's clock, and by ours.
    seen_at: Option<(Moment, Moment)>,
    aside: u64,
    elsewhere: u64,
    /// Until when a refusal is believed although time has passed.
    barred: Moment,
    /// When a recall is over.
    recalled: Moment,
    /// The last claim, and the last that was answered.
    claimed: u64,
    answered: u64,
    in_flight: bool,
    /// What the claim in flight keeps and needs.
    kept: u64,
    asked: (u64, u64),
    /// What waits.
    need: u64,
    least: u64,
    /// Used since the last claim, and what was left after the last answer.
    spent: u64,
    granted: u64,
    low: bool,
    claimed_at: Moment,
    touched: Moment,
}

impl Slice {
    /// Of a meter that nothing is known of.
    pub(super) fn new(measure: Measure) -> Self {
        Self {
            measure,
            limit: 0,
            left: 0,
            until: 0,
            held: 0,
            running: 0,
            used: Vec::new(),
            told: Vec::new(),
            own: Window::default(),
            here: Window::default(),
            seen: Window::default(),
            seen_at: None,
            aside: 0,
            elsewhere: 0,
            barred: Moment::default(),
            recalled: Moment::default(),
            claimed: 0,
            answered: 0,
            in_flight: false,
            kept: 0,
            asked: (0, 0),
            need: 0,
            least: 0,
            spent: 0,
            granted: 0,
            low: false,
            claimed_at: Moment::default(),
            touched: Moment::default(),
        }
    }

    pub(super) fn measure(&self) -> Measure {
        self.measure
    }

    /// What other processes held when the authority last answered.
    pub(super) fn elsewhere(&self) -> u64 {
        self.elsewhere
    }

    /// How long to wait for what others hold and may not use: all calls that are refused meanwhile
    /// wait for the same recall, and it is not repeated at once.
    pub(super) fn recall_wait(&mut self, now: Moment, wait: Duration) -> Option<Duration> {
        if self.elsewhere == 0 || wait.is_zero() {
            return None;
        }
        if now >= self.recalled.after(BELIEVED) {
            self.recalled = now.after(wait);
        }
        (now < self.recalled).then(|| now.until(self.recalled))
    }

    /// Has the next claim ask for an amount.
    pub(super) fn want(&mut self, amount: u64) {
        self.least = if self.need == 0 {
            amount
        } else {
            self.least.min(amount)
        };
        self.need = self.need.saturating_add(amount).min(MOST);
    }

    /// Takes an amount, whether or not it is there. Gives the sub-bucket and the claim after which
    /// it was.
    pub(super) fn take(&mut self, now: Moment, amount: u64) -> (u64, u64) {
        self.touched = now;
        self.spent = self.spent.saturating_add(amount);
        let Some(width) = self.measure.width() else {
            self.running = self.running.saturating_add(amount);
            return (0, self.claimed);
        };
        let label = width.label(now);
        self.left = self.left.saturating_sub(amount);
        self.own.prune(width, now);
        self.here.prune(width, now);
        self.change(label, signed(amount));
        (label, self.claimed)
    }

    /// Gives back what was taken in a sub-bucket after a claim. It may be used again at once only
    /// if the authority has not been told of it: else it counts there until it is.
    pub(super) fn give(&mut self, now: Moment, (label, claim): (u64, u64), amount: u64) {
        let Some(width) = self.measure.width() else {
            self.running = self.running.saturating_sub(amount);
            return;
        };
        if claim == self.claimed && width.label(now) <= self.until {
            self.spent = self.spent.saturating_sub(amount);
            let ours = if self.in_flight { self.kept } else { self.held };
            let most = ours.saturating_sub(self.spent);
            self.left = self.left.saturating_add(amount).min(most);
        }
        if width.counts(label, now) {
            self.change(label, -signed(amount));
        }
    }

    fn change(&mut self, label: u64, by: i64) {
        self.own.change(label, by);
        self.here.change(label, by);
        match self.used.iter_mut().find(|(slot, _)| *slot == label) {
            Some((_, sum)) => *sum = sum.saturating_add(by),
            None => self.used.push((label, by)),
        }
    }

    /// Whether so much of the slice is used up that the next should be asked for. Said once.
    pub(super) fn runs_low(&mut self) -> bool {
        let left = match self.measure.width() {
            Some(_) => self.left,
            None => self.held.saturating_sub(self.running),
        };
        let low = left < self.granted / 4 && !self.low && !self.in_flight;
        self.low |= low;
        low
    }

    /// Has the next be asked for although nobody waits for it. Whether it is not yet. Said once.
    pub(super) fn asks_soon(&mut self) -> bool {
        let news = !self.low && !self.in_flight;
        self.low |= news;
        news
    }

    /// Whether the authority should be asked or told something now.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        if self.in_flight {
            return false;
        }
        if self.need > 0 || self.low {
            return true;
        }
        let idle = self.is_idle(now);
        let old = |age| now >= self.claimed_at.after(age);
        if self.measure.width().is_none() {
            return idle && self.running < self.held || old(TELL) && self.running > self.held;
        }
        self.left > 0 && (idle || old(RENEW)) || self.has_untold() && (idle || old(TELL))
    }

    /// Whether something was used that the authority is not known to have been told.
    pub(super) fn has_untold(&self) -> bool {
        !self.told.is_empty() || self.used.iter().any(|(_, by)| *by != 0)
    }

    /// Whether the authority has nothing of ours, and we nothing to tell.
    pub(super) fn is_at_rest(&self) -> bool {
        !self.in_flight
            && self.need == 0
            && self.left == 0
            && self.running == 0
            && (self.measure.width().is_some() || self.held == 0)
            && !self.has_untold()
    }

    /// Whether nothing of it matters any more.
    pub(super) fn is_forgettable(&self, now: Moment) -> bool {
        let rest = self.measure.width().unwrap_or(Width::Minute);
        self.is_at_rest() && now >= self.touched.after(rest.bucket() * 62)
    }

    /// Everything that is not needed for running calls goes back with the next claim.
    pub(super) fn recall(&mut self) {
        self.touched = Moment::default();
    }

    /// From now on another authority grants: it is told what was used while it did not, and takes
    /// over what is in hand.
    pub(super) fn change_authority(&mut self, now: Moment) {
        let mut perhaps = Window::default();
        for (label, by) in self.told.drain(..).flat_map(|told| told.changes) {
            perhaps.change(label, by);
        }
        if let Some(width) = self.measure.width() {
            self.here.prune(width, now);
            self.held = 0;
        }
        let used = std::mem::replace(&mut self.here, perhaps);
        self.used = used
            .slots()
            .map(|(label, amount)| (label, signed(amount)))
            .collect();
        self.answered = self.claimed;
        self.seen = Window::default();
        self.seen_at = None;
        (self.aside, self.elsewhere) = (0, 0);
        self.claimed_at = Moment::default();
    }

    /// What is to be asked and told now.
    pub(super) fn claim(&mut self, now: Moment) -> Claim {
        let idle = self.is_idle(now) && self.need == 0;
        self.claimed += 1;
        let changes = std::mem::take(&mut self.used);
        let used = Used {
            claim: self.claimed,
            changes: changes.into_iter().filter(|(_, by)| *by != 0).collect(),
        };
        self.told.push(used);
        self.kept = self.keep(idle);
        let want = if idle { 0 } else { self.demand(now) };
        let have = match self.measure.width() {
            Some(_) => self.kept,
            None => self.kept - self.running,
        };
        self.asked = (
            self.need.saturating_sub(have),
            self.least.saturating_sub(have),
        );
        (self.need, self.least) = (0, 0);
        (self.spent, self.low) = (0, false);
        self.in_flight = true;
        self.claimed_at = now;
        Claim {
            number: self.claimed,
            answered: self.answered,
            used: self.told.clone(),
            keep: self.kept,
            need: self.asked.0,
            least: self.asked.1,
            want: want.saturating_sub(self.kept),
            limit: self.limit,
        }
    }

    /// What of the last grant stays ours.
    fn keep(&mut self, idle: bool) -> u64 {
        if self.measure.width().is_some() {
            if idle {
                self.left = 0;
            }
            return self.left;
        }
        if idle {
            self.held = self.running;
        }
        self.held.max(self.running)
    }

    /// How much would last for a while.
    fn demand(&self, now: Moment) -> u64 {
        let first = self.least.saturating_mul(AHEAD);
        let Some(width) = self.measure.width() else {
            return first.max(self.running + self.running / 2).min(MOST);
        };
        let since = self.claimed_at.until(now).as_millis();
        let millis = u64::try_from(since).unwrap_or(u64::MAX).max(250);
        let rate = self.spent.saturating_mul(last(width) * 1000) / millis;
        first.max(rate).min(MOST)
    }

    /// The authority has answered the last claim; `now` is our time, `then` was its.
    pub(super) fn answered(&mut self, grant: Grant, then: Moment, now: Moment) {
        let (need, least) = std::mem::take(&mut self.asked);
        self.in_flight = false;
        self.answered = self.claimed;
        self.told.clear();
        self.held = self.kept.saturating_add(grant.extra);
        self.until = grant.until;
        self.seen = grant.window;
        self.seen_at = Some((then, now));
        self.aside = grant.aside;
        self.elsewhere = grant.elsewhere;
        if self.measure.width().is_some() {
            self.left = self.left.saturating_add(grant.extra);
        }
        self.granted = match self.measure.width() {
            Some(_) => self.left,
            None => self.held.saturating_sub(self.running),
        };
        let refused = need > 0 && grant.extra < least;
        // A place comes back when somebody's call ends, of which nobody tells us.
        let is_elsewhere = self.measure.width().is_none() && grant.elsewhere > 0;
        let barred = if is_elsewhere { BELIEVED } else { BARRED };
        self.barred = if refused {
            now.after(barred)
        } else {
            Moment::default()
        };
    }

    /// The authority did not answer the last claim. Where it may have settled it all the same, it
    /// is told apart from what comes later.
    pub(super) fn unanswered(&mut self, perhaps: bool, now: Moment) {
        self.in_flight = false;
        self.asked = (0, 0);
        if !perhaps && let Some(told) = self.told.pop() {
            for (label, by) in told.changes {
                match self.used.iter_mut().find(|(slot, _)| *slot == label) {
                    Some((_, sum)) => *sum = sum.saturating_add(by),
                    None => self.used.push((label, by)),
                }
            }
        }
        if self.told.len() > UNANSWERED {
            let first = self.told.remove(0);
            self.told[0].changes.extend(first.changes);
        }
        let Some(width) = self.measure.width() else {
            return;
        };
        self.used.retain(|(label, _)| width.counts(*label, now));
        for told in &mut self.told {
            told.changes.retain(|(label, _)| width.counts(*label, now));
        }
    }

    /// Whether what was last seen is all there is to know.
    pub(super) fn is_known(&self, footing: &Footing) -> bool {
        let seen = self
            .seen_at
            .is_some_and(|(_, here)| footing.alone || footing.now < here.after(BELIEVED));
        seen || !self.is_at_rest()
    }

    /// Somebody looked at what the authority keeps.
    pub(super) fn look(&mut self, window: Window, elsewhere: u64, now: Moment) {
        // What is in hand or on its way is known better here.
        if self.is_at_rest() {
            (self.seen, self.held) = (window, 0);
            self.elsewhere = elsewhere;
            self.seen_at = Some((now, now));
        }
    }

    /// How the limit stands: on one process exactly, else as far as is known.
    pub(super) fn standing(&self, now: Moment, limit: u64) -> Standing {
        let Some(width) = self.measure.width() else {
            let taken = self.running.saturating_add(self.elsewhere);
            return Standing {
                limit,
                remaining: limit.saturating_sub(taken),
                reset: Duration::ZERO,
            };
        };
        let picture = self.picture();
        let counted = picture.total(width, now);
        Standing {
            limit,
            remaining: limit
                .saturating_sub(self.aside.min(limit))
                .saturating_sub(counted),
            reset: picture.reset(width, now),
        }
    }

    /// What counts, without what is in hand and not used.
    fn picture(&self) -> Window {
        let mut picture = self.seen.clone();
        picture.remove(self.until, self.held);
        for (label, by) in self.unconfirmed() {
            picture.change(label, by);
        }
        picture
    }

    /// What was used and is not in what was seen.
    fn unconfirmed(&self) -> impl Iterator<Item = (u64, i64)> + '_ {
        let told = self.told.iter().flat_map(|told| &told.changes);
        told.chain(&self.used).copied()
    }

    fn is_idle(&self, now: Moment) -> bool {
        let idle = match self.measure.width() {
            Some(_) => IDLE,
            None => IDLE_PLACES,
        };
        now >= self.touched.after(idle)
    }
}

fn signed(amount: u64) -> i64 {
    i64::try_from(amount.min(MOST)).unwrap_or(i64::MAX)
}
