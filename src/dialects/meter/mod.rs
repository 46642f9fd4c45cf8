//! Reads along a provider's bytes, whatever is sent to the client.
//!
//! A search for a few words only *selects* an event; what it means is read as JSON at the
//! dialect's own place, so that an answer which talks about usage is not mistaken for usage.

mod delivered;
mod pattern;

use std::borrow::Cow;

use memchr::memmem::Finder;

use self::delivered::Delivered;
use self::pattern::Pattern;
use super::Dialect;
use super::scan;
use super::sse::Event;
use super::usage::{self, Reading};
use crate::models::money::Money;

/// What an event is for the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent findings about one event"
)]
pub struct Mark {
    /// It carries the finish reason, with several choices the last one's.
    pub finish: bool,
    /// It is the terminator: `[DONE]` or `message_stop`.
    pub end: bool,
    /// Chat: empty choices and a usage object, which only clients that asked for it may see.
    pub usage_only: bool,
    /// It is an error.
    pub error: bool,
    /// It carries the first content; where an answer may go on after its finish, any content.
    pub content: bool,
    /// It may be repeated to show that the answer is still being made.
    pub alive: bool,
}

impl Mark {
    /// What is no object is no event: a page in HTML, or half an event.
    pub(super) fn broken() -> Self {
        Self {
            error: true,
            ..Self::default()
        }
    }
}

/// What a whole answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    /// An answer.
    Answer,
    /// An error object in the place of an answer.
    Error,
    /// Not JSON, cut off, or not an answer.
    Unreadable,
}

impl Plain {
    /// What an object is by what was found in it: with an error in it, it is no answer.
    pub(super) fn found(error: bool, answer: bool) -> Self {
        match (error, answer) {
            (true, _) => Self::Error,
            (false, true) => Self::Answer,
            (false, false) => Self::Unreadable,
        }
    }
}

/// What the meter must know of a wire format.
pub(super) trait Reads {
    /// Whether an event may start, finish, end or break the answer, or tell usage; told by a
    /// search for words, so that the others are not read.
    fn selects(&self, raw: &[u8]) -> bool;

    /// Reads one event.
    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark;

    /// Reads a whole answer; `None` when it is not JSON.
    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain>;

    /// Appends what an event or an answer says to the reader.
    fn text(&self, data: &[u8], out: &mut String);

    /// The names under which a stream's events have their text.
    fn names(&self) -> &'static [Finder<'static>] {
        &*delivered::NAMES
    }

    /// Whether an answer may be several, so that the last one's end is waited for.
    fn tells_choices_apart(&self) -> bool {
        false
    }
}

/// Reads usage, model, finish and first content out of a provider's answer.
#[derive(Debug)]
pub struct Meter {
    dialect: Dialect,
    choices: u32,
    reading: Option<Reading>,
    /// Whether the reading is of the whole answer, not of its start.
    complete: bool,
    model: Option<String>,
    id: Option<String>,
    /// One bit a choice.
    seen: u128,
    finished: u128,
    ended: bool,
    content: bool,
    delivered: Delivered,
    pattern: Pattern,
}

impl Meter {
    /// A meter for an answer in a dialect with so many choices.
    pub fn new(dialect: Dialect, choices: u32) -> Self {
        Self {
            dialect,
            choices: choices.max(1),
            reading: None,
            complete: false,
            model: None,
            id: None,
            seen: 0,
            finished: 0,
            ended: false,
            content: false,
            delivered: Delivered::default(),
            pattern: Pattern::default(),
        }
    }

    /// Reads one raw event.
    pub fn event(&mut self, raw: &[u8]) -> Mark {
        if let Some(text) = self.pattern.text(raw) {
            if !self.is_told() {
                self.delivered.keep_text(text);
            }
            return Mark::default();
        }
        // Which of several answers are open shows in every event, and any may begin another.
        let selected = !self.content || self.choices > 1 || self.dialect.format().selects(raw);
        let text = if self.is_told() {
            None
        } else {
            self.delivered.keep(self.dialect.format().names(), raw)
        };
        if !selected {
            if let Some((start, end)) = text {
                self.pattern.learn(raw, start, end);
            }
            return Mark::default();
        }
        let Some(event) = Event::parse(raw).filter(|event| !event.data.trim_ascii().is_empty())
        else {
            return Mark::default();
        };
        let mark = self.dialect.format().event(self, &event);
        self.ended |= mark.end;
        self.content |= mark.content;
        mark
    }

    /// Reads a whole JSON answer.
    pub fn plain(&mut self, body: &[u8]) -> Plain {
        let read = simdutf8::basic::from_utf8(body).ok();
        let read = read.and_then(|_| self.dialect.format().plain(self, body));
        let Some(plain) = read else {
            // What half an answer says is not believed.
            *self = Self::new(self.dialect, self.choices);
            return Plain::Unreadable;
        };
        if plain == Plain::Answer {
            self.ended = true;
            self.content = true;
            if !self.is_told() {
                self.delivered.whole(self.dialect, body);
            }
        }
        plain
    }

    /// What the provider said was used so far.
    pub fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// Takes what the provider said was used out of the meter.
    pub fn take_reading(&mut self) -> Option<Reading> {
        self.reading.take()
    }

    /// Whether the reading covers the whole answer; that of a stream's start does not, nor one
    /// of zeros beside a text.
    pub fn complete(&self) -> bool {
        self.complete && (self.wrote_some() || self.delivered.is_empty())
    }

    /// The model that answers, in the provider's words.
    pub fn model(&self) -> Option<&str> {
        self.model.as_deref()
    }

    /// What later requests may call the answer by, where they may refer to it.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Whether every choice seen has its finish reason.
    pub fn finished(&self) -> bool {
        self.seen != 0 && self.finished & self.seen == self.seen
    }

    /// Whether as many choices as were asked for have their finish reason.
    pub fn all_finished(&self) -> bool {
        self.finished() && (!self.dialect.format().tells_choices_apart() || self.enough())
    }

    /// Whether the terminator was seen, or the answer was whole.
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// The text that was delivered so far, for an estimate; empty once usage is told to the end.
    pub fn delivered_text(&self) -> String {
        self.delivered.text()
    }

    /// A choice is there.
    pub(super) fn sees(&mut self, choice: usize) {
        self.seen |= 1 << choice.min(127);
    }

    /// A choice has its finish reason.
    pub(super) fn finishes(&mut self, choice: usize) {
        self.sees(choice);
        self.finished |= 1 << choice.min(127);
    }

    /// One more choice has its finish, where they are not numbered.
    pub(super) fn finishes_another(&mut self) {
        self.finishes(self.finished.count_ones() as usize);
    }

    /// How many choices have their finish.
    pub(super) fn finished_count(&self) -> u64 {
        self.finished.count_ones().into()
    }

    /// Whether the first content has come.
    pub(super) fn has_content(&self) -> bool {
        self.content
    }

    /// How the call was served and what it cost, where the answer says so beside its usage.
    pub(super) fn served(&mut self, tier: Option<Cow<'_, str>>, cost: Option<Money>) {
        let Some(reading) = &mut self.reading else {
            return;
        };
        if let Some(tier) = tier {
            reading.service_tier = Some(tier.into_owned());
        }
        reading.stated_cost = reading.stated_cost.or(cost);
    }

    /// Whether so many choices are finished as were asked for, as far as they can be told apart.
    pub(super) fn enough(&self) -> bool {
        self.finished.count_ones() >= self.choices.min(u128::BITS)
    }

    /// Takes over a usage object; `complete` when it covers the whole answer.
    pub(super) fn used(&mut self, usage: &[u8], complete: bool) {
        self.takes(usage::read(self.dialect, usage), complete);
    }

    /// Takes over a reading; `complete` when it covers the whole answer.
    pub(super) fn takes(&mut self, later: Reading, complete: bool) {
        if self.ended {
            // What comes after the end changes nothing.
            return;
        }
        match &mut self.reading {
            Some(reading) => reading.replace(later),
            none => *none = Some(later),
        }
        self.complete |= complete && self.reading.as_ref().is_some_and(|reading| reading.known);
        if self.is_told() {
            self.delivered = Delivered::default();
        }
    }

    /// Whether nothing is left to be counted: until an answer is finished its figures may be
    /// those of its start.
    fn is_told(&self) -> bool {
        self.complete && self.finished() && self.wrote_some()
    }

    fn wrote_some(&self) -> bool {
        let reading = self.reading.as_ref();
        reading.is_some_and(|reading| reading.tokens.output > 0)
    }

    /// Takes over what the answer is called.
    pub(super) fn called(&mut self, value: &[u8]) {
        if self.id.is_none() {
            self.id = scan::text(value).map(Cow::into_owned);
        }
    }

    /// Takes over the model's name.
    pub(super) fn named(&mut self, value: &[u8]) {
        if let Some(name) = scan::text(value).filter(|name| !name.is_empty())
            && self.model.as_deref() != Some(&*name)
        {
            self.model = Some(name.into_owned());
        }
    }
}

/// Whether an event ends as an object does: what is cut, or a page, does not.
pub(super) fn is_closed(raw: &[u8]) -> bool {
    raw.trim_ascii_end().last() == Some(&b'}')
}

/// Whether a value says anything: not null, not empty, not false.
pub(super) fn says_something(value: &[u8]) -> bool {
    match value {
        b"null" | b"\"\"" | b"false" | b"" => false,
        [b'[' | b'{', inside @ .., _] => !inside.iter().all(u8::is_ascii_whitespace),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
