//! What a provider says was used, in Manti's convention.
//!
//! Providers count differently: some leave reasoning out of the output, some leave cached tokens
//! out of the input, some add audio on the side. Where a total is given it decides which of these
//! holds. Figures that cannot be meant (negative, fractional, beyond 2^53, text) are not believed,
//! and nothing that is not believed makes a call cheaper.

mod convention;
mod cost;
mod figures;

use crate::models::money::Money;
use crate::models::usage::Tokens;

use super::Dialect;
use super::scan::{Fault, Scan};

pub(super) use self::convention::{MISMATCH, Told, finish};
pub(super) use self::cost::from_usd;
pub(super) use self::figures::{FAST, Figure, Figures, Found, Kind, US};

/// How a wire format counts.
pub(super) trait Counts {
    /// Takes one field of a usage object; the scan stands before its value, at this depth.
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault>;

    /// Puts figures into Manti's convention.
    fn told(&self, figures: &Figures) -> Told;
}

/// A provider's figures, read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The tokens in Manti's convention.
    pub tokens: Tokens,
    /// What the provider says the call costs.
    pub stated_cost: Option<Money>,
    /// The tier that served the call.
    pub service_tier: Option<String>,
    /// Remarks for the record.
    pub flags: Vec<&'static str>,
    /// Whether input and output are both known.
    pub known: bool,
    dialect: Option<Dialect>,
    figures: Figures,
}

/// Reads a usage object; what is not JSON says nothing.
pub fn read(dialect: Dialect, usage: &[u8]) -> Reading {
    read_from(dialect, &mut Scan::new(usage), 0).unwrap_or_default()
}

/// Reads a usage object that stands `depth` levels deep in a text, and goes past it.
pub(super) fn read_from(
    dialect: Dialect,
    scan: &mut Scan<'_>,
    depth: u32,
) -> Result<Reading, Fault> {
    Ok(reading(dialect, figures::read(dialect, scan, depth)?))
}

/// Figures that an answer tells elsewhere than in a usage object.
pub(super) fn of(dialect: Dialect, tell: impl FnOnce(&mut Found)) -> Reading {
    let mut found = Found::default();
    tell(&mut found);
    reading(dialect, found)
}

fn reading(dialect: Dialect, found: Found) -> Reading {
    let mut reading = Reading {
        dialect: Some(dialect),
        figures: found.figures,
        stated_cost: found.cost,
        service_tier: found.tier,
        ..Reading::default()
    };
    for flag in found.flags {
        reading.flag(flag);
    }
    reading.settle();
    reading
}

/// Searches of which an answer tells beside its usage, and the prompt that led to them: some
/// models are paid by the one, some by the other.
pub(super) fn grounded(dialect: Dialect, searches: u64) -> Reading {
    let mut found = Found::default();
    found.count(Kind::Searches, searches);
    found.count(Kind::GroundedPrompts, 1);
    Reading {
        dialect: Some(dialect),
        figures: found.figures,
        ..Reading::default()
    }
}

impl Reading {
    /// Takes over what a later event of the same answer says: figure by figure the last one that
    /// is given holds, and nothing is added up.
    pub fn replace(&mut self, later: Self) {
        for flag in later.flags {
            // Whether figures are missing or contradict each other is asked anew below.
            if !matches!(flag, convention::INCOMPLETE | convention::MISMATCH) {
                self.flag(flag);
            }
        }
        self.flags
            .retain(|flag| !matches!(*flag, convention::INCOMPLETE | convention::MISMATCH));
        for flag in self.figures.replace(&later.figures) {
            self.flag(flag);
        }
        self.stated_cost = later.stated_cost.or(self.stated_cost);
        self.service_tier = figures::together(self.service_tier.take(), later.service_tier);
        self.dialect = later.dialect.or(self.dialect);
        self.settle();
    }

    /// Takes over how often the web was searched, where that is told beside the usage.
    pub(super) fn searched(&mut self, count: &[u8]) {
        self.figures.searched(count);
        self.settle();
    }

    /// Puts the figures into Manti's convention.
    fn settle(&mut self) {
        let Some(dialect) = self.dialect else { return };
        let told = dialect.format().told(&self.figures);
        self.tokens = told.tokens;
        self.known = told.known;
        for flag in told.flags {
            self.flag(flag);
        }
    }

    fn flag(&mut self, flag: &'static str) {
        if !self.flags.contains(&flag) {
            self.flags.push(flag);
        }
    }
}

#[cfg(test)]
mod tests;
