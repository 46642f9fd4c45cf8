//! Tokens × prices → money: pure, exact, rounded once.
//!
//! Every token is priced exactly once. A part (cached, written to the cache, reasoning, audio)
//! that has a price of its own is taken out of its total and priced at that; without one it
//! stays in the total. Parts that claim more than their total are cut to it, the dearest kept,
//! so that absurd figures never lower a price.

use std::sync::Arc;

use crate::catalog::Pricing;
use crate::catalog::prices::Rates;
use crate::models::money::{Money, Tally, UnitPrice};
use crate::models::usage::{Prices, Tokens};

/// What a call used, as its answer tells.
#[derive(Debug, Clone, Copy)]
pub struct Used<'a> {
    /// The model that answered, in the provider's words.
    pub model: Option<&'a str>,
    /// The service tier that answered.
    pub tier: Option<&'a str>,
    /// Tokens and other units.
    pub tokens: &'a Tokens,
    /// What the provider says it charges.
    pub stated_cost: Option<Money>,
}

/// What a call costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Priced {
    /// What the provider charges; `None` when unknown.
    pub cost: Option<Money>,
    /// What the user pays; `None` when unknown.
    pub price: Option<Money>,
    /// The unit prices that were applied.
    pub prices: Prices,
    /// Where they come from: `config`, `book:2026-11-01`, `provider` (the answer states its
    /// cost), `none`.
    pub source: Arc<str>,
    /// What was odd: `service_tier_unpriced`, `unpriced_searches`, `cost_out_of_range`, …
    pub flags: Vec<String>,
}

impl Pricing {
    /// Prices a call: by the operator's own price, else by what the provider states, else by
    /// the book.
    pub fn charge(&self, used: &Used<'_>) -> Priced {
        let applied = self.card(used.model);
        let stated = used
            .stated_cost
            .filter(|cost| *cost >= Money::ZERO && self.states_cost());
        if let Some(cost) = stated
            && !applied.is_some_and(|applied| applied.set)
        {
            return Priced::all(Some(cost), "provider".into());
        }
        let Some(applied) = applied else {
            return Priced::all(None, "none".into());
        };
        let (rates, tier_known) = applied.card.rates(used.tier, used.tokens.input);
        let mut priced = reckon(rates, used.tokens, Arc::clone(applied.source));
        if !tier_known && !applied.set {
            priced.flags.push("service_tier_unpriced".into());
        }
        priced
    }
}

impl Priced {
    /// A cost without unit prices, which the user pays as it is.
    fn all(cost: Option<Money>, source: Arc<str>) -> Self {
        Self {
            cost,
            price: cost,
            prices: Prices::new(),
            source,
            flags: Vec::new(),
        }
    }
}

/// Units that are parts of all input, the dearest first.
const INPUT_PARTS: [&str; 2] = ["audio_input_tokens", "image_input_tokens"];
/// The unit that is a part of the audio and of what was cached.
const CACHED_AUDIO: &str = "cached_audio_input_tokens";
/// Units that are parts of all output, the dearest first.
const OUTPUT_PARTS: [&str; 2] = ["audio_output_tokens", "image_output_tokens"];

/// A bill in the making.
#[derive(Default)]
struct Bill {
    tally: Tally,
    prices: Prices,
    flags: Vec<String>,
    unknown: bool,
}

impl Bill {
    fn add(&mut self, name: &str, quantity: u64, price: UnitPrice) {
        self.tally.add(quantity, price);
        self.prices.insert(name.to_owned(), price);
    }

    /// Takes a part out of what is left of its total, if it has a price of its own.
    fn part(&mut self, left: &mut u64, name: &str, quantity: u64, price: Option<UnitPrice>) {
        let quantity = quantity.min(*left);
        if let Some(price) = price
            && quantity > 0
        {
            *left -= quantity;
            self.add(name, quantity, price);
        }
    }

    /// Prices sound and pictures; what is left of the tokens that were cached comes back.
    ///
    /// Sound that was cached is a part of both. It is paid at a price of its own, else as any
    /// sound, and not once more as cached.
    fn heard_and_seen(&mut self, left: &mut u64, rates: &Rates, tokens: &Tokens) -> u64 {
        let unit = |name: &str| tokens.units.get(name).copied().unwrap_or(0);
        let price = |name: &str| rates.units.get(name).copied();
        let [audio, image] = INPUT_PARTS;
        let both = unit(CACHED_AUDIO).min(unit(audio)).min(tokens.cached_input);
        let apart = price(CACHED_AUDIO).map_or(0, |_| both);
        self.part(left, audio, unit(audio) - apart, price(audio));
        self.part(left, CACHED_AUDIO, apart, price(CACHED_AUDIO));
        self.part(left, image, unit(image), price(image));
        match price(audio).or(price(CACHED_AUDIO)) {
            Some(_) => tokens.cached_input - both,
            None => tokens.cached_input,
        }
    }

    /// Prices what is left of a total.
    fn rest(&mut self, left: u64, name: &str, price: Option<UnitPrice>) {
        match price {
            Some(price) => self.add(name, left, price),
            None if left > 0 => {
                self.unknown = true;
                self.flags.push(format!("unpriced_{name}"));
            }
            None => {}
        }
    }
}

/// Multiplies and adds; rounds once.
fn reckon(rates: &Rates, tokens: &Tokens, source: Arc<str>) -> Priced {
    let mut bill = Bill::default();
    let unit = |name: &str| tokens.units.get(name).copied().unwrap_or(0);

    let mut input = tokens.input;
    let cached_input = bill.heard_and_seen(&mut input, rates, tokens);
    for (name, quantity, price) in [
        (
            "cache_write_1h",
            tokens.cache_write_1h,
            rates.cache_write_1h,
        ),
        (
            "cache_write_5m",
            tokens.cache_write_5m,
            rates.cache_write_5m,
        ),
        ("cached_input", cached_input, rates.cached_input),
    ] {
        bill.part(&mut input, name, quantity, price);
    }
    bill.rest(input, "input", rates.input);

    let mut output = tokens.output;
    for name in OUTPUT_PARTS {
        bill.part(
            &mut output,
            name,
            unit(name),
            rates.units.get(name).copied(),
        );
    }
    bill.part(&mut output, "reasoning", tokens.reasoning, rates.reasoning);
    bill.rest(output, "output", rates.output);

    // A fee for each call that was answered, whatever it used.
    if let Some(fee) = rates.units.get("requests")
        && tokens.total() > 0
    {
        bill.add("requests", 1, *fee);
    }

    for (name, quantity) in &tokens.units {
        let name = name.as_str();
        let part =
            name == CACHED_AUDIO || INPUT_PARTS.contains(&name) || OUTPUT_PARTS.contains(&name);
        match rates.units.get(name) {
            _ if part || *quantity == 0 => {}
            _ if is_other_count(name, rates, tokens) => {}
            Some(price) => bill.add(name, *quantity, *price),
            None => bill.flags.push(format!("unpriced_{name}")),
        }
    }

    let total = bill.tally.total();
    if total.is_none() {
        bill.flags.push("cost_out_of_range".into());
    }
    let cost = total.filter(|_| !bill.unknown);
    Priced {
        cost,
        price: cost,
        prices: bill.prices,
        source,
        flags: bill.flags,
    }
}

/// Whether this is another count of what the price names: Google is paid for older models by the
/// prompt that was grounded, for newer ones by the search, and of both counts one is charged.
fn is_other_count(name: &str, rates: &Rates, tokens: &Tokens) -> bool {
    let (searches, prompts) = ("searches", "grounded_prompts");
    let charged = |unit: &str| rates.units.contains_key(unit) && tokens.units.contains_key(unit);
    match name {
        _ if name == searches => charged(prompts),
        _ if name == prompts => tokens.units.contains_key(searches) && !charged(prompts),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
