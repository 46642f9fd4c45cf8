//! Whether a call fits, by what is known here.

use std::time::Duration;

use super::{BELIEVED, MOST, Slice};
use crate::limits::authority::reserve;
use crate::limits::bucket::{Moment, Width, Window};

/// What is known beside the slice when a call comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limits) struct Footing {
    /// The authority's time, or a moment later.
    pub(in crate::limits) now: Moment,
    /// Whether no other process takes from the same limits.
    pub(in crate::limits) alone: bool,
    /// Whether this process's lease lasts.
    pub(in crate::limits) leased: bool,
    /// Whether the authority is there.
    pub(in crate::limits) authority: Authority,
}

/// Whether there is anybody to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limits) enum Authority {
    /// It answers.
    There,
    /// It does not answer, and does not know yet that we may be on our own.
    Silent,
    /// It is away, and we are on our own.
    Away(Alone),
}

/// What a process that is on its own knows of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limits) struct Alone {
    /// How many share the limit, this one included.
    pub(in crate::limits) replicas: u64,
    /// Until when the others were granted what is ours, by the authority's time.
    pub(in crate::limits) since: Moment,
}

/// Whether a call fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::limits) enum Verdict {
    /// It does.
    Fits,
    /// The authority has to be asked.
    Short,
    /// It does not: when it would if nothing else came; `None`: never.
    Refused(Option<Duration>),
}

impl Slice {
    /// Whether an amount may be taken.
    pub(in crate::limits) fn verdict(
        &mut self,
        footing: &Footing,
        amount: u64,
        limit: u64,
    ) -> Verdict {
        self.limit = limit.min(MOST);
        if amount > self.limit {
            return Verdict::Refused(None);
        }
        match self.measure.width() {
            Some(width) => self.window_verdict(width, footing, amount),
            None => self.place_verdict(footing, amount),
        }
    }

    /// Whether an amount would be refused by what was last heard, where a verdict on it is this.
    pub(in crate::limits) fn would_refuse(
        &self,
        verdict: Verdict,
        footing: &Footing,
        amount: u64,
    ) -> bool {
        match (verdict, self.measure.width()) {
            (Verdict::Refused(_), _) => true,
            (Verdict::Short, Some(width)) => {
                let known = match self.seen_at {
                    Some(_) => &self.picture(),
                    None => &self.own,
                };
                let limit = self.limit.saturating_sub(self.aside);
                known.check(width, footing.now, amount, limit).is_err()
            }
            (Verdict::Short | Verdict::Fits, _) => false,
        }
    }

    fn window_verdict(&self, width: Width, footing: &Footing, amount: u64) -> Verdict {
        let now = footing.now;
        if width.label(now) <= self.until && amount <= self.left {
            return Verdict::Fits;
        }
        match footing.authority {
            Authority::Away(alone) => return self.share_verdict(width, now, amount, alone),
            Authority::Silent => return Verdict::Short,
            Authority::There => {}
        }
        let Some((seen, here)) = self.seen_at else {
            // Nothing has to be asked for where nothing is taken.
            return if amount == 0 {
                Verdict::Fits
            } else {
                Verdict::Short
            };
        };
        let barred = now < self.barred;
        let at = if barred { seen } else { now };
        let limit = self.limit.saturating_sub(self.aside);
        let Err(wait) = self.picture().check(width, at, amount, limit) else {
            return match amount {
                0 => Verdict::Fits,
                _ if barred => Verdict::Refused(Some(now.until(self.barred))),
                _ => Verdict::Short,
            };
        };
        if !(barred || footing.alone || now < here.after(BELIEVED)) {
            return Verdict::Short;
        }
        // What is set aside for those that may be cut off comes back.
        let wait = wait.unwrap_or(width.bucket() * 60);
        Verdict::Refused(Some(now.until(at.after(wait))))
    }

    /// While the authority is away: a share of the limit by a window of our own use, and the same
    /// share of what is free, as far as that is known; a little is free in any case.
    fn share_verdict(&self, width: Width, now: Moment, amount: u64, alone: Alone) -> Verdict {
        let replicas = alone.replicas.max(1);
        if let Err(wait) = self.own.check(width, now, amount, self.limit / replicas) {
            return Verdict::Refused(Some(wait.unwrap_or(width.bucket() * 5)));
        }
        let before = self.before(width, alone);
        let free = self.limit.saturating_sub(before.total(width, now));
        let mut since = Window::default();
        for (label, by) in self.unconfirmed() {
            since.change(label, by);
        }
        let since = since.total(width, now);
        let in_hand = self.held.saturating_sub(self.left);
        let beyond = since.saturating_sub(in_hand).saturating_add(amount);
        let reserved = reserve(self.limit) / (replicas - 1).max(1);
        if since.saturating_add(amount) <= free / replicas || beyond <= reserved {
            return Verdict::Fits;
        }
        let next = before.check(width, now, 1, before.total(width, now));
        Verdict::Refused(Some(next.err().flatten().unwrap_or(width.bucket())))
    }

    /// What counts of the time before we were on our own: what was seen, and what others may have
    /// been granted since then, which nobody told us: all that was free.
    fn before(&self, width: Width, alone: Alone) -> Window {
        let mut before = self.seen.clone();
        before.remove(self.until, self.held);
        if alone.replicas > 1 {
            let seen = before.total(width, alone.since);
            before.add(width.label(alone.since), self.limit.saturating_sub(seen));
        }
        before
    }

    fn place_verdict(&self, footing: &Footing, amount: u64) -> Verdict {
        let wanted = self.running.saturating_add(amount);
        let refused = Verdict::Refused(Some(BELIEVED));
        if footing.leased && wanted <= self.held {
            return Verdict::Fits;
        }
        match footing.authority {
            Authority::Away(alone) if wanted <= self.limit / alone.replicas.max(1) => Verdict::Fits,
            Authority::Away(_) => refused,
            Authority::Silent => Verdict::Short,
            Authority::There => {
                let full = wanted > self.limit.saturating_sub(self.aside);
                if full || footing.now < self.barred {
                    refused
                } else {
                    Verdict::Short
                }
            }
        }
    }
}
