//! Reads along a provider's bytes, whatever is sent to the client.

use super::Dialect;
use super::usage::Reading;

/// What an event is for the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// It carries the finish reason, with several choices the last one's.
    pub finish: bool,
    /// It is the terminator: `[DONE]` or `message_stop`.
    pub end: bool,
    /// Chat: empty choices and a usage object, which only clients that asked for it may see.
    pub usage_only: bool,
    /// It is an error.
    pub error: bool,
    /// It carries the first content.
    pub content: bool,
}

/// What a whole answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// An answer.
    Answer,
    /// An error object in the place of an answer.
    Error,
    /// Not JSON, cut off, or not an object.
    Unreadable,
}

/// Reads usage, model, finish and first content out of a provider's answer.
#[derive(Debug)]
pub struct Meter {
    dialect: Dialect,
    reading: Option<Reading>,
    model: Option<String>,
}

impl Meter {
    /// A meter for an answer in a dialect with so many choices.
    pub fn new(dialect: Dialect, choices: u32) -> Self {
        let _ = choices;
        Self {
            dialect,
            reading: None,
            model: None,
        }
    }

    /// Reads one raw event.
    pub fn event(&mut self, raw: &[u8]) -> Mark {
        let _ = (raw, self.dialect);
        Mark::default()
    }

    /// Reads a whole JSON answer.
    pub fn plain(&mut self, body: &[u8]) -> Plain {
        let _ = body;
        Plain::Unreadable
    }

    /// What the provider said was used so far.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// The model that answers, in the provider's words.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// Whether every choice seen has its finish reason.
    pub fn finished(&self) -> bool {
        false
    }

    /// Whether the terminator was seen.
    pub fn ended(&self) -> bool {
        false
    }

    /// The text that was delivered so far, for an estimate.
    pub fn delivered_text(&self) -> String {
        String::new()
    }
}
