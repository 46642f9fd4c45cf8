//! An answer in pieces: blocks open, grow and close; choices stop; the answer ends.
//!
//! The richest of the wire formats decides the shape. A reader opens and closes blocks itself
//! where its format does not; several blocks of several choices may be open at once, and a writer
//! whose format forbids that holds the later ones back.

use super::chat::{Call, Citation, Content, Raw, Secret, Stop};
use super::usage::Tokens;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The first of all.
    Start(Start),
    /// A block begins.
    Open {
        /// Which answer.
        choice: u32,
        /// Which block of it: 0, 1, 2, … in order of appearance.
        block: u32,
        /// What it is.
        opening: Opening,
    },
    /// A block grows.
    Delta {
        /// Which answer.
        choice: u32,
        /// Which block of it.
        block: u32,
        /// What is added.
        delta: Delta,
    },
    /// A block is complete.
    Close {
        /// Which answer.
        choice: u32,
        /// Which block of it.
        block: u32,
    },
    /// Probabilities of words of an answer, as they were written.
    Logprobs {
        /// Which answer.
        choice: u32,
        /// The probabilities.
        raw: Raw,
    },
    /// An answer is complete: the event that carries the finish reason.
    Stop {
        /// Which answer.
        choice: u32,
        /// Why it ended.
        stop: Stop,
    },
    /// What was used so far; a later one replaces it.
    Usage(Tokens),
    /// How the call was served, in the provider's words.
    Tier(String),
    /// The provider is still there.
    Ping,
    /// The normal end, always the last and only after every choice stopped.
    End,
    /// The stream broke: the last, instead of [`Event::End`].
    Error(Failure),
}

/// What is known at the start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Start {
    /// The provider's id.
    pub id: Option<String>,
    /// The model that answers, in the provider's words.
    pub model: Option<String>,
    /// When, in seconds since 1970.
    pub created: Option<i64>,
    /// What was used so far.
    pub usage: Option<Tokens>,
}

/// What a block is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    /// Text.
    Text,
    /// Thinking, and whose it is.
    Thinking(Option<super::chat::Family>),
    /// Thinking of which only the secret is known, complete.
    Redacted(Secret),
    /// A call; its arguments follow.
    Call(Call),
    /// A refusal in words.
    Refusal,
    /// A picture, sound, a film or a document, complete.
    Media(Box<Content>),
    /// Something only its own family understands, complete.
    Server {
        /// Whose it is.
        family: super::chat::Family,
        /// The block.
        raw: Raw,
    },
}

impl Opening {
    /// Whether it is of the answer, and no thought.
    pub fn answers(&self) -> bool {
        !matches!(self, Self::Thinking(_) | Self::Redacted(_))
    }
}

/// What is added to a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delta {
    /// Text of a text, thinking or refusal block.
    Text(String),
    /// Text of a call's arguments.
    Arguments(String),
    /// The secret of a thinking block, whole.
    Secret(Secret),
    /// What supports the text of a block.
    Citation(Citation),
}

impl Delta {
    /// The bytes it takes to keep it, about.
    pub fn size(&self) -> usize {
        let text = match self {
            Self::Text(text) | Self::Arguments(text) => text.len(),
            Self::Secret(secret) => secret.data.len(),
            Self::Citation(Citation::Other(raw)) => raw.text().len(),
            Self::Citation(Citation::Url {
                url, title, cited, ..
            }) => {
                let words = [title, cited].into_iter().flatten();
                url.len() + words.map(String::len).sum::<usize>()
            }
        };
        text + size_of::<Self>()
    }
}

/// How a stream broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub message: String,
    /// The provider's type of error.
    pub kind: Option<String>,
    /// The provider's code.
    pub code: Option<String>,
}
