//! What another book has otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::{Book, Card, Entry};
use crate::models::money::UnitPrice;

/// What another book has otherwise.
#[derive(Debug, Default)]
pub struct Difference {
    /// Models that only the other book has.
    pub added: usize,
    /// Models that the other book no longer has.
    pub removed: usize,
    /// Models with other prices.
    pub changed: usize,
    /// Every price that is not the same, by provider and model.
    pub changes: Vec<Change>,
}

/// A price that is not the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whether the whole model was `added` or `removed`, or its price `changed`.
    pub what: &'static str,
    /// Whose model it is.
    pub origin: String,
    /// The model.
    pub model: String,
    /// Which price: `input`, `flex.input`, `long.output`; `long.above` is the size of a prompt.
    pub price: String,
    /// As it was.
    pub old: Option<String>,
    /// As it will be.
    pub new: Option<String>,
    /// By how much it rises, in percent with one place.
    pub percent: Option<String>,
}

/// What `new` has otherwise than `old`.
pub fn difference(old: &Book, new: &Book) -> Difference {
    let mut difference = Difference::default();
    let origins: BTreeSet<&str> = old.origins().chain(new.origins()).collect();
    for origin in origins {
        let (was, is) = (models(old, origin), models(new, origin));
        let ids: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
        for id in ids {
            difference.compare(origin, id, was.get(id).copied(), is.get(id).copied());
        }
    }
    difference
}

fn models<'a>(book: &'a Book, origin: &str) -> BTreeMap<&'a str, &'a Card> {
    let entries = book.entries(origin).iter();
    entries
        .map(|entry: &std::sync::Arc<Entry>| (&*entry.id, &entry.card))
        .collect()
}

impl Difference {
    /// Keeps what is about one provider.
    pub fn keep(&mut self, origin: &str) {
        self.changes.retain(|change| change.origin == origin);
        let count = |what| {
            let models = self.changes.iter().filter(|change| change.what == what);
            let models: BTreeSet<&str> = models.map(|change| change.model.as_str()).collect();
            models.len()
        };
        (self.added, self.removed, self.changed) =
            (count("added"), count("removed"), count("changed"));
    }

    fn compare(&mut self, origin: &str, model: &str, was: Option<&Card>, is: Option<&Card>) {
        let what = match (was, is) {
            (None, _) => "added",
            (_, None) => "removed",
            _ => "changed",
        };
        let was = was.map(figures).unwrap_or_default();
        let is = is.map(figures).unwrap_or_default();
        let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        let before = self.changes.len();
        for name in names {
            let (old, new) = (was.get(name), is.get(name));
            if old == new {
                continue;
            }
            self.changes.push(Change {
                what,
                origin: origin.to_owned(),
                model: model.to_owned(),
                price: name.clone(),
                old: old.map(ToString::to_string),
                new: new.map(ToString::to_string),
                percent: old.zip(new).and_then(|(old, new)| old.rise(*new)),
            });
        }
        if self.changes.len() > before {
            match what {
                "added" => self.added += 1,
                "removed" => self.removed += 1,
                _ => self.changed += 1,
            }
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Figure {
    Price(UnitPrice),
    Tokens(u64),
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Price(price) => price.fmt(f),
            Self::Tokens(tokens) => tokens.fmt(f),
        }
    }
}

impl Figure {
    /// By how much another figure is more, in percent, rounded towards zero.
    fn rise(self, to: Self) -> Option<String> {
        let (Self::Price(from), Self::Price(to)) = (self, to) else {
            return None;
        };
        let (from, to) = (
            i128::from(from.nanos_per_million()),
            i128::from(to.nanos_per_million()),
        );
        let tenths = (to - from).checked_mul(1000)?.checked_div(from)?;
        let sign = if tenths < 0 { "-" } else { "+" };
        let tenths = tenths.unsigned_abs();
        Some(format!("{sign}{}.{}", tenths / 10, tenths % 10))
    }
}

/// Every figure of a card by its name.
fn figures(card: &Card) -> BTreeMap<String, Figure> {
    let mut figures = BTreeMap::new();
    for (tier, long, rates) in card.levels() {
        let mut prefix = tier.map(|tier| format!("{tier}.")).unwrap_or_default();
        if let Some(above) = long {
            prefix.push_str("long.");
            figures.insert(format!("{prefix}above"), Figure::Tokens(above));
        }
        for (name, price) in rates.to_prices() {
            figures.insert(format!("{prefix}{name}"), Figure::Price(price));
        }
    }
    figures
}
