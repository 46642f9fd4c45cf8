//! What was delivered, kept for the case that no provider says how much it was.
//!
//! An estimate needs the text and nothing around it, and it is needed for one stream in thousands:
//! so the text is picked out of each event by a search for the name it stands under, still
//! escaped, and only read when somebody asks.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::dialects::Dialect;
use crate::dialects::scan::{self, Scan};

/// The names under which text stands in an event, the most frequent first.
pub(super) static NAMES: LazyLock<[Finder<'static>; 8]> = LazyLock::new(|| {
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

/// What was found under a name.
enum Picked {
    Nothing,
    /// One text, from here to there.
    One(usize, usize),
    Several,
}

/// The text of an answer so far.
#[derive(Debug, Default)]
pub(super) struct Delivered {
    /// What stood between quotes, escapes and all.
    escaped: Vec<u8>,
    /// The name that the last text stood under: most likely the next one's too.
    name: usize,
}

impl Delivered {
    /// Whether nothing was delivered.
    pub(super) fn is_empty(&self) -> bool {
        self.escaped.is_empty()
    }

    /// Keeps the text of one raw event; gives where it stands if it is one text.
    pub(super) fn keep(&mut self, names: &[Finder<'static>], raw: &[u8]) -> Option<(usize, usize)> {
        if self.escaped.len() + raw.len() > MOST {
            return None;
        }
        let likely = self.name;
        let others = (0..names.len()).filter(|place| *place != likely);
        for place in std::iter::once(likely).chain(others) {
            match self.pick(&names[place], raw) {
                Picked::Nothing => {}
                Picked::Several => {
                    self.name = place;
                    return None;
                }
                Picked::One(start, end) => {
                    self.name = place;
                    return Some((start, end));
                }
            }
        }
        None
    }

    /// Keeps a text that was found already, as written.
    pub(super) fn keep_text(&mut self, escaped: &[u8]) {
        if self.escaped.len() + escaped.len() <= MOST {
            self.escaped.extend_from_slice(escaped);
        }
    }

    /// Keeps the text of a whole answer.
    pub(super) fn whole(&mut self, dialect: Dialect, body: &[u8]) {
        let mut text = String::new();
        dialect.format().text(body, &mut text);
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

    /// Keeps all texts under a name.
    fn pick(&mut self, name: &Finder<'_>, raw: &[u8]) -> Picked {
        let mut picked = Picked::Nothing;
        let mut at = 0;
        while let Some(place) = name.find(&raw[at..]) {
            at += place + name.needle().len();
            let mut scan = Scan::new(&raw[at..]);
            if scan.peek() != Ok(b':') {
                continue;
            }
            scan.pass();
            if let Ok(text) = scan.string() {
                self.escaped.extend_from_slice(text);
                at += scan.at();
                let end = at - 1;
                picked = match picked {
                    Picked::Nothing if text.is_empty() => Picked::Nothing,
                    Picked::Nothing => Picked::One(end - text.len(), end),
                    Picked::One(..) | Picked::Several => Picked::Several,
                };
            }
        }
        picked
    }
}
