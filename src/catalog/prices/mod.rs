//! The price book: what providers charge on a day, as dated data that comes with the program.
//!
//! [`Book::builtin`] is read from `book.json`, one entry a model. Prices are US dollars per
//! million units as decimal strings, and an entry may name
//!
//! - `also`: other names of the same model; a dated name (`-2024-08-06`, `-20240806`) of any of
//!   these is found without being listed, and `starts_with` finds fine-tuned ones;
//! - `long`: prices of the **whole** request once its input exceeds `above`;
//! - `tiers`: by the service tier that the *answer* names; prices not named there stay;
//! - `retired`: since when the provider refuses it, and what to use instead.

mod rates;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use serde::Deserialize;

use crate::config::Kind;
use crate::models::usage::Prices;
use crate::models::user::words;

pub use rates::{Card, Rates};

/// Whose list prices an entry has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// OpenAI.
    OpenAi,
    /// Anthropic.
    Anthropic,
    /// The built-in model.
    Demo,
}

words!(Origin { OpenAi = "openai", Anthropic = "anthropic", Demo = "demo" });

impl Origin {
    /// Whose prices hold for a provider: by its kind, and for a compatible one by its host.
    pub fn of(kind: Kind, base_url: &str) -> Option<Self> {
        match kind {
            Kind::OpenAi | Kind::AzureOpenAi => Some(Self::OpenAi),
            Kind::Anthropic => Some(Self::Anthropic),
            Kind::Demo => Some(Self::Demo),
            Kind::Bedrock | Kind::Cohere | Kind::Ollama => None,
            Kind::OpenAiCompatible => {
                let url: http::Uri = base_url.parse().ok()?;
                let host = url.host()?.to_ascii_lowercase();
                match host.as_str() {
                    "api.anthropic.com" => Some(Self::Anthropic),
                    "api.openai.com" => Some(Self::OpenAi),
                    regional if regional.ends_with(".api.openai.com") => Some(Self::OpenAi),
                    _ => None,
                }
            }
        }
    }
}

/// What a model is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Conversations.
    Chat,
    /// Conversations, in OpenAI's responses format only.
    Responses,
    /// Vectors.
    Embedding,
}

words!(Purpose { Chat = "chat", Responses = "responses", Embedding = "embedding" });

/// A model the provider no longer serves.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retired {
    /// The first day without it.
    pub since: NaiveDate,
    /// What to use instead.
    pub successor: String,
}

/// A model of the book.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Whose it is.
    pub origin: Origin,
    /// The name it is listed under.
    pub id: Arc<str>,
    /// For people.
    pub name: String,
    /// What it is called for.
    pub purpose: Purpose,
    /// When it came out.
    pub released: Option<NaiveDate>,
    /// Other names.
    pub also: Vec<String>,
    /// Whether its id only begins the names of models, as of fine-tuned ones, and is none itself.
    pub is_family: bool,
    /// The most tokens read and written together.
    pub context: Option<u64>,
    /// The most tokens written.
    pub max_output: Option<u64>,
    /// What it costs.
    pub card: Card,
    /// Whether it is gone.
    pub retired: Option<Retired>,
}

/// Why a text is no price book.
#[derive(Debug, thiserror::Error)]
pub enum BadBook {
    /// It does not have the shape.
    #[error("not a price book: {0}")]
    Shape(#[from] serde_json::Error),
    /// An entry contradicts another or itself.
    #[error("{model}: {fault}")]
    Entry {
        /// Its id.
        model: String,
        /// What is wrong.
        fault: String,
    },
}

/// Models and what they cost on a day.
#[derive(Debug)]
pub struct Book {
    version: Arc<str>,
    source: Arc<str>,
    entries: Vec<Arc<Entry>>,
    names: HashMap<Origin, HashMap<Box<str>, Arc<Entry>>>,
    prefixes: Vec<(Origin, Box<str>, Arc<Entry>)>,
}

static BUILTIN: LazyLock<Arc<Book>> = LazyLock::new(|| {
    let text = include_str!("book.json");
    Arc::new(Book::read(text).expect("a test reads the embedded book"))
});

impl Book {
    /// The book that came with the program.
    pub fn builtin() -> Arc<Self> {
        Arc::clone(&BUILTIN)
    }

    /// Reads a book.
    pub fn read(text: &str) -> Result<Self, BadBook> {
        let file: File = serde_json::from_str(text)?;
        let mut book = Self {
            source: format!("book:{}", file.version).into(),
            version: file.version.to_string().into(),
            entries: Vec::with_capacity(file.models.len()),
            names: HashMap::new(),
            prefixes: Vec::new(),
        };
        for row in file.models {
            book.add(row)?;
        }
        book.prefixes
            .sort_by_key(|(_, prefix, _)| std::cmp::Reverse(prefix.len()));
        book.check_successors()?;
        Ok(book)
    }

    /// The day whose prices it has.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// How usage records name it: `book:2026-11-01`.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// Every model, in the order of the file.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The model that a provider knows by this name.
    pub fn find(&self, origin: Origin, name: &str) -> Option<&Arc<Entry>> {
        let names = self.names.get(&origin)?;
        names
            .get(name)
            .or_else(|| undated(name).and_then(|plain| names.get(plain)))
            .or_else(|| {
                let mut prefixes = self.prefixes.iter().filter(|(of, ..)| *of == origin);
                let found = prefixes.find(|(_, prefix, _)| name.starts_with(&**prefix));
                found.map(|(.., entry)| entry)
            })
    }

    fn add(&mut self, row: Row) -> Result<(), BadBook> {
        let model = row.id.clone();
        let fault = |fault: String| BadBook::Entry {
            model: model.clone(),
            fault,
        };
        let prefixes = row.starts_with.clone();
        let entry = Arc::new(row.entry().map_err(&fault)?);
        let names = self.names.entry(entry.origin).or_default();
        for name in entry.also.iter().map(String::as_str).chain([&*entry.id]) {
            if names.insert(name.into(), Arc::clone(&entry)).is_some() {
                return Err(fault(format!("{name} is listed twice")));
            }
        }
        for prefix in prefixes {
            self.prefixes
                .push((entry.origin, prefix.into(), Arc::clone(&entry)));
        }
        self.entries.push(entry);
        Ok(())
    }

    fn check_successors(&self) -> Result<(), BadBook> {
        for entry in &self.entries {
            let Some(retired) = &entry.retired else {
                continue;
            };
            let successor = self.find(entry.origin, &retired.successor);
            if successor.is_none_or(|next| next.retired.is_some()) {
                return Err(BadBook::Entry {
                    model: entry.id.to_string(),
                    fault: format!("its successor {} is not served either", retired.successor),
                });
            }
        }
        Ok(())
    }
}

/// A dated name without its date: `gpt-4o-2024-08-06` is `gpt-4o`.
fn undated(name: &str) -> Option<&str> {
    let shaped = |shape: &str| {
        let cut = name.len().checked_sub(shape.len())?;
        let (plain, date) = (name.get(..cut)?, name.get(cut..)?);
        let fits = date
            .bytes()
            .zip(shape.bytes())
            .all(|(byte, like)| match like {
                b'0' => byte.is_ascii_digit(),
                _ => byte == like,
            });
        (fits && !plain.is_empty()).then_some(plain)
    };
    shaped("-0000-00-00").or_else(|| shaped("-00000000"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: NaiveDate,
    #[expect(dead_code, reason = "says it to people; anything else is refused")]
    currency: Dollars,
    #[expect(dead_code, reason = "says it to people; anything else is refused")]
    per: Million,
    models: Vec<Row>,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    provider: Origin,
    id: String,
    name: String,
    kind: Purpose,
    released: Option<NaiveDate>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    starts_with: Vec<String>,
    context: Option<u64>,
    max_output: Option<u64>,
    prices: Prices,
    long: Option<Long>,
    #[serde(default)]
    tiers: BTreeMap<String, Tier>,
    retired: Option<Retired>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tier {
    prices: Prices,
    long: Option<Long>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    above: u64,
    prices: Prices,
}

impl Row {
    fn entry(self) -> Result<Entry, String> {
        if self.id.is_empty() || self.name.is_empty() {
            return Err("has no id or no name".into());
        }
        if !self.prices.contains_key("input") {
            return Err("has no price for input".into());
        }
        if self.kind != Purpose::Embedding && !self.prices.contains_key("output") {
            return Err("has no price for output".into());
        }
        let mut card = Card::new(&self.prices);
        if let Some(long) = &self.long {
            card.set_long(long.above, &long.prices);
        }
        for (tier, own) in &self.tiers {
            let long = own.long.as_ref().map(|long| (long.above, &long.prices));
            card.add_tier(tier, &own.prices, long);
        }
        Ok(Entry {
            origin: self.provider,
            is_family: self
                .starts_with
                .iter()
                .any(|prefix| prefix.starts_with(&self.id)),
            id: self.id.into(),
            name: self.name,
            purpose: self.kind,
            released: self.released,
            also: self.also,
            context: self.context,
            max_output: self.max_output,
            card,
            retired: self.retired,
        })
    }
}

#[cfg(test)]
mod tests;
