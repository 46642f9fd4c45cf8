//! Server-sent events: a stream of bytes cut into events, and one event taken apart.

use std::borrow::Cow;

use bytes::Bytes;

/// The largest event that is taken: a provider that sends more is broken.
pub const LARGEST: usize = 16 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its name, where it has one.
    pub name: Option<&'a str>,
    /// Its data lines, joined.
    pub data: Cow<'a, [u8]>,
}

impl<'a> Event<'a> {
    /// Takes one raw event apart; `None` when it has no data, as comments have none.
    pub fn parse(raw: &'a [u8]) -> Option<Self> {
        let _ = raw;
        None
    }
}

/// An event that is larger than [`LARGEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event of the stream is larger than 16 MiB")]
pub struct TooLong;

/// Cuts a stream of bytes into raw events, each with the blank line that ends it.
///
/// ```text
/// splitter.push(chunk);
/// while splitter.step()? {            // finds the next event
///     let event = splitter.event();   // looks at it, nothing is copied
///     // …
/// }
/// send(splitter.take());              // all events found since the last take, in one piece
/// ```
#[derive(Debug, Default)]
pub struct Splitter {
    held: Bytes,
}

impl Splitter {
    /// A splitter at the start of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands in the next bytes of the stream. Everything found before must have been taken.
    pub fn push(&mut self, chunk: Bytes) {
        self.held = chunk;
    }

    /// Finds the next complete event; false when more bytes are needed.
    pub fn step(&mut self) -> Result<bool, TooLong> {
        Ok(false)
    }

    /// The event that [`Splitter::step`] found last.
    pub fn event(&self) -> &[u8] {
        &self.held
    }

    /// Takes all events found since the last take, the newest included, in one piece.
    pub fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.held)
    }

    /// Takes the events found since the last take without the newest.
    ///
    /// [`Splitter::take`] then gives the newest, to be held back or dropped.
    pub fn take_before(&mut self) -> Bytes {
        Bytes::new()
    }

    /// Finds and takes the next complete event.
    pub fn next_event(&mut self) -> Result<Option<Bytes>, TooLong> {
        Ok(if self.step()? {
            Some(self.take())
        } else {
            None
        })
    }

    /// What is left at the end of the stream: an event without its blank line, or nothing.
    pub fn rest(&mut self) -> Bytes {
        std::mem::take(&mut self.held)
    }
}
