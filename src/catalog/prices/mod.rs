//! The price book: what providers charge on a day, as dated data.
//!
//! [`Book::builtin`] comes with the program as `book.json`; [`Book::read`] takes another one of
//! the same shape, which is `file`'s. Each provider's models stand on a `Shelf` of their own,
//! which is read when it is first asked for: of hundreds of models only those of configured
//! providers take memory.

mod difference;
mod file;
pub mod installed;
mod rates;
mod shelf;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use serde::Deserialize;

use self::shelf::Shelf;
use crate::models::user::words;

pub use difference::{Change, Difference, difference};
pub use file::BadBook;
pub use rates::{Card, Rates};

/// What a model is called for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Conversations.
    #[default]
    Chat,
    /// Conversations, in OpenAI's responses format only.
    Responses,
    /// Texts that go on.
    Completion,
    /// Vectors.
    Embedding,
    /// Documents put in order for a question.
    Rerank,
    /// Pictures.
    Image,
    /// Text spoken.
    Speech,
    /// Speech written down.
    Transcription,
    /// Texts judged.
    Moderation,
}

words!(Purpose {
    Chat = "chat",
    Responses = "responses",
    Completion = "completion",
    Embedding = "embedding",
    Rerank = "rerank",
    Image = "image",
    Speech = "speech",
    Transcription = "transcription",
    Moderation = "moderation",
});

impl Purpose {
    /// Whether it holds conversations.
    pub const fn converses(self) -> bool {
        matches!(self, Self::Chat | Self::Responses)
    }
}

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
    /// Whose list prices these are: a provider's kind.
    pub origin: Arc<str>,
    /// The name it is listed under.
    pub id: Arc<str>,
    /// For people; its id where the book has no other.
    pub name: Arc<str>,
    /// What it is called for.
    pub purpose: Purpose,
    /// When it came out.
    pub released: Option<NaiveDate>,
    /// Other names.
    pub also: Vec<String>,
    /// Whether it is shown among what is served: not what only begins the names of fine-tuned
    /// models, and not what providers still price and hardly serve.
    pub is_listed: bool,
    /// The most tokens read and written together.
    pub context: Option<u64>,
    /// The most tokens written.
    pub max_output: Option<u64>,
    /// What it costs.
    pub card: Card,
    /// Whether it is gone.
    pub retired: Option<Retired>,
    /// What a price alone does not say.
    pub note: Option<Box<str>>,
}

/// Models and what they cost on a day.
#[derive(Debug)]
pub struct Book {
    version: NaiveDate,
    source: Arc<str>,
    shelves: BTreeMap<Box<str>, Shelf>,
}

/// The text of the book that comes with the program.
const TEXT: &str = include_str!("book.json");
/// Its day, which stands at its beginning.
const HEAD: &str = "{\n  \"version\": \"";
/// Where in it each provider's models stand.
const INDEX: &[(&str, usize, usize)] = include!(concat!(env!("OUT_DIR"), "/book_index.rs"));

static BUILTIN: LazyLock<Arc<Book>> = LazyLock::new(|| {
    let version = TEXT.strip_prefix(HEAD).and_then(|rest| rest.get(..10));
    let version = version.and_then(|day| day.parse().ok());
    let shelf = |(origin, start, end): &(&str, usize, usize)| {
        let part = TEXT.get(*start..*end).unwrap_or_default();
        ((*origin).into(), Shelf::new(Cow::Borrowed(part)))
    };
    Arc::new(Book::new(
        version.expect("a test reads the embedded book"),
        INDEX.iter().map(shelf).collect(),
    ))
});

impl Book {
    fn new(version: NaiveDate, shelves: BTreeMap<Box<str>, Shelf>) -> Self {
        Self {
            version,
            source: format!("book:{version}").into(),
            shelves,
        }
    }

    /// The book that came with the program.
    pub fn builtin() -> Arc<Self> {
        Arc::clone(&BUILTIN)
    }

    /// Reads a book, every entry of it.
    pub fn read(text: &str) -> Result<Self, BadBook> {
        let (version, parts) = file::parts(text)?;
        let mut shelves = BTreeMap::new();
        for (origin, part) in parts {
            let shelf = Shelf::new(Cow::Owned(part.to_owned()));
            shelf.check(origin)?;
            shelves.insert(origin.into(), shelf);
        }
        Ok(Self::new(version, shelves))
    }

    /// The day whose prices it has.
    pub fn version(&self) -> NaiveDate {
        self.version
    }

    /// How usage records name it: `book:2026-11-01`.
    pub fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// The providers whose models it has, by name.
    pub fn origins(&self) -> impl Iterator<Item = &str> {
        self.shelves.keys().map(|origin| &**origin)
    }

    /// A provider's models, in the order of the file.
    pub fn entries(&self, origin: &str) -> &[Arc<Entry>] {
        let found = self.shelves.get(origin);
        found.map_or(&[], |models| models.entries(origin))
    }

    /// The model that a provider knows by this name.
    pub fn find(&self, origin: &str, name: &str) -> Option<&Arc<Entry>> {
        self.shelves.get(origin)?.find(origin, name)
    }
}

#[cfg(test)]
mod tests;
