//! What one model costs: by service tier, and by whether the prompt is long.

use std::collections::BTreeMap;

use crate::models::money::UnitPrice;
use crate::models::usage::Prices;

/// Prices per million units, ready to reckon with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rates {
    /// Input that has no price of its own.
    pub input: Option<UnitPrice>,
    /// Output that has no price of its own.
    pub output: Option<UnitPrice>,
    /// Input read from the prompt cache.
    pub cached_input: Option<UnitPrice>,
    /// Input written to the prompt cache for five minutes.
    pub cache_write_5m: Option<UnitPrice>,
    /// Input written to the prompt cache for an hour.
    pub cache_write_1h: Option<UnitPrice>,
    /// Output spent on reasoning.
    pub reasoning: Option<UnitPrice>,
    /// Other units by their name: `audio_input_tokens`, `searches`, …
    pub units: BTreeMap<String, UnitPrice>,
}

impl Rates {
    fn named(&mut self, name: &str) -> Option<&mut Option<UnitPrice>> {
        match name {
            "input" => Some(&mut self.input),
            "output" => Some(&mut self.output),
            "cached_input" => Some(&mut self.cached_input),
            "cache_write_5m" => Some(&mut self.cache_write_5m),
            "cache_write_1h" => Some(&mut self.cache_write_1h),
            "reasoning" => Some(&mut self.reasoning),
            _ => None,
        }
    }

    /// These prices with others in the place of those that the others name.
    fn with(&self, prices: &Prices) -> Self {
        let mut rates = self.clone();
        for (name, price) in prices {
            match rates.named(name) {
                Some(slot) => *slot = Some(*price),
                None => {
                    rates.units.insert(name.clone(), *price);
                }
            }
        }
        rates
    }

    /// The prices by their names.
    pub fn to_prices(&self) -> Prices {
        let named = [
            ("input", self.input),
            ("output", self.output),
            ("cached_input", self.cached_input),
            ("cache_write_5m", self.cache_write_5m),
            ("cache_write_1h", self.cache_write_1h),
            ("reasoning", self.reasoning),
        ];
        let named = named
            .into_iter()
            .filter_map(|(name, price)| Some((name.to_owned(), price?)));
        named.chain(self.units.clone()).collect()
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    base: Rates,
    /// From how much input on the whole request costs this, the least first.
    long: Vec<(u64, Rates)>,
}

impl Level {
    /// What a step names is in the place of what the step below it, or the base, says.
    fn add_long(&mut self, above: u64, prices: &Prices) {
        let at = self.long.partition_point(|(other, _)| *other < above);
        match self.long.get_mut(at) {
            Some((same, rates)) if *same == above => *rates = rates.with(prices),
            _ => {
                let below = at.checked_sub(1).and_then(|below| self.long.get(below));
                let rates = below.map_or(&self.base, |(_, rates)| rates).with(prices);
                self.long.insert(at, (above, rates));
            }
        }
    }
}

/// What one model costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    standard: Level,
    tiers: BTreeMap<String, Level>,
}

impl Card {
    /// The same prices for every call.
    pub fn new(prices: &Prices) -> Self {
        Self {
            standard: Level {
                base: Rates::default().with(prices),
                long: Vec::new(),
            },
            tiers: BTreeMap::new(),
        }
    }

    /// Other prices for the whole request once its input exceeds `above`. Before the tiers.
    pub(super) fn add_long(&mut self, above: u64, prices: &Prices) {
        self.standard.add_long(above, prices);
    }

    /// Other prices in a service tier. A price that a tier names holds for long prompts too,
    /// unless the tier names another one for these.
    pub(super) fn add_tier<'a>(
        &mut self,
        tier: &str,
        prices: &Prices,
        long: impl Iterator<Item = (u64, &'a Prices)>,
    ) {
        let standard = self.standard.long.iter();
        let mut level = Level {
            base: self.standard.base.with(prices),
            long: standard
                .map(|(above, rates)| (*above, rates.with(prices)))
                .collect(),
        };
        for (above, own) in long {
            level.add_long(above, own);
        }
        self.tiers.insert(tier.to_owned(), level);
    }

    /// The prices of a call by the tier that answered and the size of its input, and whether the
    /// tier's price is known.
    pub fn rates(&self, tier: Option<&str>, input: u64) -> (&Rates, bool) {
        let (level, known) = match tier {
            None | Some("" | "default" | "standard" | "standard_only" | "auto" | "on_demand") => {
                (&self.standard, true)
            }
            Some(tier) => {
                let alias = if tier == "fast" { "priority" } else { tier };
                let level = self.tiers.get(tier).or_else(|| self.tiers.get(alias));
                (level.unwrap_or(&self.standard), level.is_some())
            }
        };
        let mut long = level.long.iter().rev();
        let found = long.find(|(above, _)| input > *above);
        (found.map_or(&level.base, |(_, rates)| rates), known)
    }

    /// The standard prices of a short prompt.
    pub fn standard(&self) -> &Rates {
        &self.standard.base
    }

    /// From how much input on the whole request costs more, and what; the least first.
    pub fn long(&self) -> &[(u64, Rates)] {
        &self.standard.long
    }

    /// Every set of prices: of which tier, above how much input, which.
    pub(super) fn levels(&self) -> impl Iterator<Item = (Option<&str>, Option<u64>, &Rates)> {
        let tiers = self.tiers.iter();
        let named = tiers.map(|(tier, level)| (Some(tier.as_str()), level));
        std::iter::once((None, &self.standard))
            .chain(named)
            .flat_map(|(tier, level)| {
                let long = level.long.iter();
                std::iter::once((tier, None, &level.base))
                    .chain(long.map(move |(above, rates)| (tier, Some(*above), rates)))
            })
    }

    /// The service tiers that have prices of their own, with these for a short prompt.
    pub fn tiers(&self) -> impl Iterator<Item = (&str, &Rates)> {
        self.tiers
            .iter()
            .map(|(tier, level)| (tier.as_str(), &level.base))
    }
}
