//! The figures as a provider writes them, under whichever name.

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use super::cost;
use crate::dialects::Dialect;
use crate::dialects::scan::{self, Fault, Field, Fields, Scan};
use crate::models::money::Money;

/// A figure is negative, fractional, beyond 2^53 or no number.
pub(super) const OUT_OF_RANGE: &str = "usage_out_of_range";
/// A figure is given twice in one object; the larger is taken.
pub(super) const REPEATED: &str = "usage_repeated";
/// A later event says less than an earlier one.
pub(super) const DECREASED: &str = "usage_decreased";

/// Served sooner, at Anthropic.
pub(in crate::dialects) const FAST: &str = "fast";
/// Served in the United States alone, at Anthropic.
pub(in crate::dialects) const US: &str = "us";
/// Both.
const US_FAST: &str = "us-fast";

/// The tier that two words for how a call was served mean: the later one, unless both count.
pub(super) fn together(earlier: Option<String>, later: Option<String>) -> Option<String> {
    match (earlier.as_deref(), later.as_deref()) {
        (Some(US | US_FAST), Some(FAST)) | (Some(FAST | US_FAST), Some(US)) => {
            Some(US_FAST.to_owned())
        }
        // The usual tier, whichever place and speed an earlier event told.
        (Some(US | FAST | US_FAST), Some("standard")) | (_, None) => earlier,
        (_, Some(_)) => later,
    }
}

/// The largest figure that is believed: what a double holds exactly.
const LARGEST: u64 = 1 << 53;

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::dialects) enum Figure {
    /// Not there, or null.
    #[default]
    Absent,
    /// A count.
    Given(u64),
    /// There, and not a count.
    Odd,
}

impl Figure {
    /// The count, where one is given.
    pub(in crate::dialects) const fn given(self) -> Option<u64> {
        match self {
            Self::Given(number) => Some(number),
            Self::Absent | Self::Odd => None,
        }
    }

    /// The count, or nothing.
    pub(in crate::dialects) fn or_zero(self) -> u64 {
        self.given().unwrap_or(0)
    }

    fn read(value: &[u8]) -> Self {
        const SURELY_SMALL: usize = 15;
        if (1..=SURELY_SMALL).contains(&value.len()) && value.iter().all(u8::is_ascii_digit) {
            let digits = value.iter().map(|digit| u64::from(digit - b'0'));
            return Self::Given(digits.fold(0, |number, digit| number * 10 + digit));
        }
        if scan::is_null(value) {
            return Self::Absent;
        }
        let Ok(text) = std::str::from_utf8(value) else {
            return Self::Odd;
        };
        // Some write whole numbers as 12.0.
        let digits = text
            .split_once('.')
            .filter(|(_, fraction)| fraction.bytes().all(|byte| byte == b'0'))
            .map_or(text, |(whole, _)| whole);
        match digits.parse::<u64>() {
            Ok(number) if number <= LARGEST => Self::Given(number),
            _ if digits == "-0" => Self::Given(0),
            _ => Self::Odd,
        }
    }
}

/// All figures that matter, by the place they have in [`Figures`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects) enum Kind {
    Input,
    Output,
    Total,
    Cached,
    CacheWrite,
    Write5m,
    Write1h,
    Reasoning,
    AudioInput,
    CachedAudio,
    AudioOutput,
    ImageInput,
    ImageOutput,
    Searches,
    GroundedPrompts,
    Fetches,
    Seconds,
    Images,
    Characters,
    BilledInput,
    BilledOutput,
    CompactionInput,
    CompactionOutput,
    CompactionCached,
    CompactionWrite,
    ToolInput,
}

const KINDS: usize = Kind::ToolInput as usize + 1;

/// The figures of one answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::dialects) struct Figures {
    all: [Figure; KINDS],
    /// A field that only a gateway writes whose totals leave reasoning out.
    pub(in crate::dialects) market_cost: bool,
}

impl Figures {
    /// One figure.
    pub(in crate::dialects) const fn get(&self, kind: Kind) -> Figure {
        self.all[kind as usize]
    }

    /// Whether any figure is there and not a count.
    pub(super) fn any_odd(&self) -> bool {
        self.all.contains(&Figure::Odd)
    }

    /// Takes over how often the web was searched.
    pub(super) fn searched(&mut self, count: &[u8]) {
        if let figure @ Figure::Given(_) = Figure::read(count) {
            self.all[Kind::Searches as usize] = figure;
        }
    }

    /// Takes over the figures of a later event; gives the remarks about it.
    pub(super) fn replace(&mut self, later: &Self) -> Vec<&'static str> {
        let mut flags = Vec::new();
        self.market_cost |= later.market_cost;
        for (mine, theirs) in self.all.iter_mut().zip(later.all) {
            match (*mine, theirs) {
                (_, Figure::Absent) | (Figure::Given(_), Figure::Odd) => {}
                (Figure::Given(before), Figure::Given(after)) if after < before => {
                    flags.push(DECREASED);
                    *mine = theirs;
                }
                _ => *mine = theirs,
            }
        }
        flags
    }
}

/// What was found in a usage object.
#[derive(Debug, Default)]
pub(in crate::dialects) struct Found {
    pub(super) figures: Figures,
    pub(super) cost: Option<Money>,
    pub(super) tier: Option<String>,
    pub(super) flags: Vec<&'static str>,
    /// Paid with a key of the caller's own at the seller's provider, beside the stated cost.
    own_key: Option<Money>,
    own_key_used: bool,
}

/// Reads a usage object that stands `depth` levels deep, and goes past it.
pub(super) fn read(dialect: Dialect, scan: &mut Scan<'_>, depth: u32) -> Result<Found, Fault> {
    let mut found = Found::default();
    let format = dialect.format();
    scan.object(depth, |scan, name| {
        format.figure(&mut found, name, scan, depth + 1)
    })?;
    if found.own_key_used {
        found.cost = match (found.cost, found.own_key) {
            (Some(fee), Some(upstream)) => fee.checked_add(upstream),
            // What was paid elsewhere is not known, so the price book has to say.
            _ => None,
        };
    }
    if found.figures.any_odd() {
        found.flags.push(OUT_OF_RANGE);
    }
    Ok(found)
}

impl Found {
    /// Looks at each field of an object.
    pub(in crate::dialects) fn each(
        &mut self,
        object: &[u8],
        mut read: impl FnMut(&mut Self, &Field<'_>),
    ) {
        let Ok(Some(mut fields)) = Fields::of(object) else {
            return;
        };
        while let Ok(Some(field)) = fields.next() {
            read(self, &field);
        }
    }

    /// Takes a figure; of several the larger.
    pub(in crate::dialects) fn set(&mut self, kind: Kind, value: &[u8]) {
        let place = &mut self.figures.all[kind as usize];
        let new = Figure::read(value);
        *place = match (*place, new) {
            (old, Figure::Absent) => old,
            (Figure::Absent, new) => new,
            (Figure::Given(one), Figure::Given(two)) => Figure::Given(one.max(two)),
            (Figure::Odd, _) | (_, Figure::Odd) => Figure::Odd,
        };
    }

    /// As [`Found::set`], for a figure that has one name only.
    pub(in crate::dialects) fn set_once(&mut self, kind: Kind, value: &[u8]) {
        if self.figures.get(kind) != Figure::Absent && !scan::is_null(value) {
            self.flags.push(REPEATED);
        }
        self.set(kind, value);
    }

    /// A unit that is only counted where it is a number: some write objects for "not set".
    pub(in crate::dialects) fn set_unit(&mut self, kind: Kind, value: &[u8]) {
        if let figure @ Figure::Given(_) = Figure::read(value) {
            self.figures.all[kind as usize] = figure;
        }
    }

    /// A figure that was counted here.
    pub(in crate::dialects) fn count(&mut self, kind: Kind, count: u64) {
        self.figures.all[kind as usize] = Figure::Given(count.min(LARGEST));
    }

    /// A length that may have a fraction: what has begun is billed.
    pub(in crate::dialects) fn set_rounded_up(&mut self, kind: Kind, value: &[u8]) {
        let number = std::str::from_utf8(value).ok();
        let number = number.and_then(|text| text.trim_matches('"').parse::<Decimal>().ok());
        let whole = number.and_then(|number| number.ceil().to_u64());
        if let Some(whole) = whole.filter(|whole| *whole <= LARGEST) {
            self.figures.all[kind as usize] = Figure::Given(whole);
        }
    }

    /// Adds to a figure; what is no count adds nothing.
    pub(in crate::dialects) fn add(&mut self, kind: Kind, value: &[u8]) {
        if let Figure::Given(more) = Figure::read(value) {
            let place = &mut self.figures.all[kind as usize];
            let sum = place.or_zero().saturating_add(more).min(LARGEST);
            *place = Figure::Given(sum);
        }
    }

    /// How the call was served.
    pub(in crate::dialects) fn set_tier(&mut self, tier: &str) {
        self.tier = Some(tier.to_owned());
    }

    /// What made the call dearer.
    pub(in crate::dialects) fn dearer(&mut self, tier: &str) {
        self.tier = together(self.tier.take(), Some(tier.to_owned()));
    }

    /// What is spelt the same in every dialect.
    pub(in crate::dialects) fn shared(&mut self, name: &[u8], value: &[u8]) {
        match name {
            b"cache_creation" => self.each(value, |found, field| match field.name {
                b"ephemeral_5m_input_tokens" => found.set_once(Kind::Write5m, field.value),
                b"ephemeral_1h_input_tokens" => found.set_once(Kind::Write1h, field.value),
                _ => {}
            }),
            b"server_tool_use" => self.each(value, |found, field| match field.name {
                b"web_search_requests" => found.set_unit(Kind::Searches, field.value),
                b"web_fetch_requests" => found.set_unit(Kind::Fetches, field.value),
                _ => {}
            }),
            b"service_tier" if self.tier.is_none() => {
                self.tier = scan::text(value).map(std::borrow::Cow::into_owned);
            }
            b"market_cost" => self.figures.market_cost = !scan::is_null(value),
            b"cost" if value.first() == Some(&b'{') => self.each(value, |found, field| {
                if field.name == b"total_cost" {
                    found.set_cost(cost::from_usd(field.value), field.value);
                }
            }),
            b"cost" => self.set_cost(cost::from_usd(value), value),
            b"cost_in_usd_ticks" => self.set_cost(cost::from_ticks(value), value),
            b"cost_details" => self.each(value, |found, field| {
                if field.name == b"upstream_inference_cost" {
                    found.own_key = cost::from_usd(field.value);
                }
            }),
            b"is_byok" => self.own_key_used = value == b"true",
            _ => {}
        }
    }

    pub(in crate::dialects) fn set_cost(&mut self, cost: Option<Money>, value: &[u8]) {
        if cost.is_none() && !scan::is_null(value) {
            self.flags.push(cost::OUT_OF_RANGE);
        }
        self.cost = self.cost.max(cost);
    }
}
