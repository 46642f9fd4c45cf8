//! The shape of a price book.
//!
//! ```json
//! { "version": "2026-11-22", "currency": "USD", "per": 1000000,
//!   "providers": { "groq": [{ "id": "…", "prices": { "input": "0.15", "output": "0.60" } }] } }
//! ```
//!
//! Prices are US dollars per million units as decimal strings, and a model may name
//!
//! - `also`: other names of it; a dated name (`-2024-08-06`, `-20240806`) of any of these is found
//!   without being listed, and `starts_with` finds fine-tuned ones;
//! - `long`: steps, each with the prices of the **whole** request once its input exceeds `above`;
//! - `tiers`: by the service tier that the *answer* names; prices not named there stay;
//! - `listed`: `false` where it is served when it is asked for, and not shown;
//! - `retired`: since when the provider refuses it, and what to use instead;
//! - `note`: what the prices do not say, as that they are those of the dear hours.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Card, Entry, Purpose, Retired};
use crate::models::usage::Prices;

/// Why a text is no price book.
#[derive(Debug, thiserror::Error)]
pub enum BadBook {
    /// It does not have the shape.
    #[error("not a price book: {0}")]
    Shape(#[from] serde_json::Error),
    /// A provider's models do not have the shape.
    #[error("not a price book: {origin}: {fault}")]
    Shelf {
        /// The provider.
        origin: String,
        /// What is wrong.
        fault: serde_json::Error,
    },
    /// An entry contradicts another or itself.
    #[error("{model}: {fault}")]
    Entry {
        /// Its provider and id.
        model: String,
        /// What is wrong.
        fault: String,
    },
}

/// What may have a price, besides the tokens that [`super::Rates`] names.
const UNITS: [&str; 17] = [
    "audio_input_tokens",
    "audio_output_tokens",
    "cached_audio_input_tokens",
    "cached_image_input_tokens",
    "characters",
    "fetches",
    "file_searches",
    "grounded_prompts",
    "image_input_tokens",
    "image_output_tokens",
    "images",
    "pages",
    "requests",
    "searches",
    "seconds",
    "video_input_tokens",
    "video_output_tokens",
];
const TOKENS: [&str; 6] = [
    "input",
    "output",
    "cached_input",
    "cache_write_5m",
    "cache_write_1h",
    "reasoning",
];

/// A book's day, and each provider's part of its text.
pub(super) fn parts(text: &str) -> Result<(NaiveDate, BTreeMap<&str, &str>), BadBook> {
    let file: File<'_> = serde_json::from_str(text)?;
    let parts = file.providers.into_iter();
    let parts = parts.map(|(origin, part)| (origin, part.get()));
    Ok((file.version, parts.collect()))
}

/// The models of a provider's part.
pub(super) fn rows(origin: &str, text: &str) -> Result<Vec<Row>, BadBook> {
    serde_json::from_str(text).map_err(|fault| BadBook::Shelf {
        origin: origin.to_owned(),
        fault,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    version: NaiveDate,
    #[expect(dead_code, reason = "says it to people; anything else is refused")]
    currency: Dollars,
    #[expect(dead_code, reason = "says it to people; anything else is refused")]
    per: Million,
    #[serde(borrow)]
    providers: BTreeMap<&'a str, &'a RawValue>,
}

#[derive(Deserialize)]
enum Dollars {
    #[serde(rename = "USD")]
    Usd,
}

#[derive(Deserialize)]
#[serde(try_from = "u64")]
struct Million;

impl TryFrom<u64> for Million {
    type Error = &'static str;

    fn try_from(per: u64) -> Result<Self, Self::Error> {
        if per == 1_000_000 {
            Ok(Self)
        } else {
            Err("prices are per 1000000 units")
        }
    }
}

/// A model as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) id: String,
    name: Option<String>,
    #[serde(default)]
    kind: Purpose,
    released: Option<NaiveDate>,
    listed: Option<bool>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    pub(super) starts_with: Vec<String>,
    context: Option<u64>,
    max_output: Option<u64>,
    prices: Prices,
    #[serde(default)]
    long: Vec<Long>,
    #[serde(default)]
    tiers: BTreeMap<String, Tier>,
    retired: Option<Retired>,
    note: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    prices: Prices,
    #[serde(default)]
    long: Vec<Long>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    above: u64,
    prices: Prices,
}

impl Row {
    pub(super) fn entry(self, origin: Arc<str>) -> Result<Entry, String> {
        self.check()?;
        let mut card = Card::new(&self.prices);
        for step in &self.long {
            card.add_long(step.above, &step.prices);
        }
        for (tier, own) in &self.tiers {
            let steps = own.long.iter().map(|step| (step.above, &step.prices));
            card.add_tier(tier, &own.prices, steps);
        }
        let begins_names = self
            .starts_with
            .iter()
            .any(|prefix| prefix.starts_with(&self.id));
        let id: Arc<str> = self.id.into();
        Ok(Entry {
            origin,
            is_listed: self.listed.unwrap_or(true) && !begins_names,
            name: self.name.map_or_else(|| Arc::clone(&id), Arc::from),
            id,
            purpose: self.kind,
            released: self.released,
            also: self.also,
            context: self.context,
            max_output: self.max_output,
            card,
            retired: self.retired,
            note: self.note,
        })
    }

    fn check(&self) -> Result<(), String> {
        if self.id.is_empty() || self.name.as_ref().is_some_and(String::is_empty) {
            return Err("has no id or an empty name".into());
        }
        let priced = |name| self.prices.contains_key(name);
        if self.prices.is_empty() {
            return Err("has no price".into());
        }
        if self.kind.converses() {
            for name in ["input", "output"] {
                if !priced(name) {
                    return Err(format!("has no price for {name}"));
                }
            }
        }
        let tiers = self.tiers.values();
        let long = tiers.clone().flat_map(|tier| &tier.long);
        let all = long
            .chain(&self.long)
            .map(|long| &long.prices)
            .chain(tiers.map(|tier| &tier.prices))
            .chain([&self.prices]);
        for name in all.flat_map(Prices::keys) {
            if !TOKENS.contains(&name.as_str()) && !UNITS.contains(&name.as_str()) {
                return Err(format!("has a price for {name}, which is no unit"));
            }
        }
        Ok(())
    }
}
