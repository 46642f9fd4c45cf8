//! What was delivered, kept for the case that no provider says how much it was.
//!
//! An estimate needs the text and nothing around it, and it is needed for one stream in thousands:
//! so the text is picked out of each event by a search for the name it stands under, still
//! escaped, and only read when somebody asks.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::{chat, messages};
use crate::dialects::Dialect;
use crate::dialects::scan::{self, Scan};

/// The names under which text stands in an event, the most frequent first.
static NAMES: LazyLock<[Finder<'static>; 8]> = LazyLock::new(|| {
    [
        "\"content\"",
        "\"text\"",
        "\"reasoning_content\"",
        "\"reasoning\"",
        "\"thinking\"",
        "\"arguments\"",
        "\"partial_json\"",
        "\"refusal\"",
    ]
    .map(Finder::new)
});

/// The most text that is kept; beyond it an estimate is low.
const MOST: usize = 4 * 1024 * 1024;

/// The text of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// What stood between quotes, escapes and all.
    escaped: Vec<u8>,
    /// The name that the last text stood under: most likely the next one's too.
    name: usize,
}

impl Delivered {
    /// Keeps the text of one raw event.
    pub(super) fn keep(&mut self, raw: &[u8]) {
        if self.escaped.len() + raw.len() > MOST {
            return;
        }
        let names = &*NAMES;
        if self.pick(&names[self.name], raw) {
            return;
        }
        for (place, name) in names.iter().enumerate() {
            if place != self.name && self.pick(name, raw) {
                self.name = place;
                return;
            }
        }
    }

    /// Keeps the text of a whole answer.
    pub(super) fn whole(&mut self, dialect: Dialect, body: &[u8]) {
        let mut text = String::new();
        match dialect {
            Dialect::Chat => chat::text(body, &mut text),
            Dialect::Messages => messages::text(body, &mut text),
        }
        let Ok(quoted) = serde_json::to_string(&text) else {
            return;
        };
        let inside = quoted.as_bytes();
        let inside = &inside[1..inside.len() - 1];
        self.escaped
            .extend_from_slice(&inside[..inside.len().min(MOST)]);
    }

    /// All text so far.
    pub(super) fn text(&self) -> String {
        match scan::unescape(&self.escaped) {
            Some(text) => text.into_owned(),
            None => String::from_utf8_lossy(&self.escaped).into_owned(),
        }
    }

    /// Keeps all texts under a name; false when there are none.
    fn pick(&mut self, name: &Finder<'_>, raw: &[u8]) -> bool {
        let before = self.escaped.len();
        let mut rest = raw;
        while let Some(place) = name.find(rest) {
            rest = &rest[place + name.needle().len()..];
            let mut scan = Scan::new(rest);
            if scan.peek() != Ok(b':') {
                continue;
            }
            scan.pass();
            if let Ok(text) = scan.string() {
                self.escaped.extend_from_slice(text);
                rest = &rest[scan.at()..];
            }
        }
        self.escaped.len() > before
    }
}
