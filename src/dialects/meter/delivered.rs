//! What was delivered, kept for the case that no provider says how much it was.

use bytes::Bytes;

use super::{chat, messages};
use crate::dialects::Dialect;
use crate::dialects::sse::{Event, Splitter};

/// Events are kept as they came up to this many bytes, then only their text is.
const RAW: usize = 8 * 1024;
/// The most text that is kept; beyond it an estimate is low.
const TEXT: usize = 4 * 1024 * 1024;

/// The text of an answer, and events whose text was not looked at yet.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    raw: Vec<u8>,
    text: String,
}

impl Delivered {
    /// Keeps one event.
    pub(super) fn keep(&mut self, dialect: Dialect, raw: &[u8]) {
        if self.raw.len() + raw.len() > RAW {
            let kept = std::mem::take(&mut self.raw);
            self.fold(dialect, &kept);
            if raw.len() > RAW {
                self.fold(dialect, raw);
                return;
            }
            self.raw = kept;
            self.raw.clear();
        }
        self.raw.extend_from_slice(raw);
    }

    /// Keeps the text of a whole answer.
    pub(super) fn whole(&mut self, dialect: Dialect, body: &[u8]) {
        read(dialect, body, &mut self.text);
    }

    /// All text so far.
    pub(super) fn text(&self, dialect: Dialect) -> String {
        let mut text = self.text.clone();
        each(&self.raw, |event| read(dialect, event, &mut text));
        text
    }

    fn fold(&mut self, dialect: Dialect, events: &[u8]) {
        if self.text.len() < TEXT {
            each(events, |event| read(dialect, event, &mut self.text));
        }
    }
}

fn each(events: &[u8], mut read: impl FnMut(&[u8])) {
    let mut splitter = Splitter::new();
    splitter.push(Bytes::copy_from_slice(events));
    while let Ok(Some(event)) = splitter.next_event() {
        if let Some(event) = Event::parse(&event) {
            read(&event.data);
        }
    }
    if let Some(event) = Event::parse(&splitter.rest()) {
        read(&event.data);
    }
}

fn read(dialect: Dialect, data: &[u8], out: &mut String) {
    match dialect {
        Dialect::Chat => chat::text(data, out),
        Dialect::Messages => messages::text(data, out),
    }
}
