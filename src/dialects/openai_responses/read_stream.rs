//! Streams, read.
//!
//! An item is known by its place in the output. What a server leaves out of the pieces is taken
//! from the event that says an item is done, and at the latest from the whole answer at the end.

use std::collections::{BTreeMap, HashSet};

use super::Responses;
use super::read_output::{self, Origin, logprobs};
use super::read_parts::citation;
use super::read_response::{created, reading, stop};
use super::stream_item::{Item, Kind};
use crate::dialects::json::{Object, Value};
use crate::dialects::{EventReader, Wire, sse};
use crate::models::chat::{Content, Family, Stop};
use crate::models::streaming::{Delta, Event, Failure, Opening, Start};

/// The most items of an answer.
const MOST: usize = 4096;

/// Reads events.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the stream"
)]
pub(super) struct Reader {
    /// Who verifies the secrets.
    family: Family,
    /// What ids are made of: the answer's own id, or what names the call.
    id: String,
    model: Option<String>,
    started: bool,
    /// Whether the provider said once that it is at work.
    alive: bool,
    over: bool,
    /// The number of the next block.
    next: u32,
    open: BTreeMap<u64, Item>,
    done: HashSet<u64>,
    called: bool,
    refused: bool,
}

impl EventReader for Reader {
    fn read(&mut self, event: &sse::Event<'_>, out: &mut Vec<Event>) {
        if self.over {
            return;
        }
        let text = String::from_utf8_lossy(&event.data);
        let data = text.trim();
        if data.is_empty() || data == "[DONE]" {
            return;
        }
        let Some(root) = Value::parse(data).ok().and_then(Value::object) else {
            self.fail("the provider sent something that is no event", out);
            return;
        };
        let kind = root.word("type");
        let kind = kind.as_deref().or(event.name).unwrap_or_default();
        match kind {
            // The first one belongs to the start.
            "response.in_progress" if self.started => {
                if std::mem::replace(&mut self.alive, true) {
                    out.push(Event::Ping);
                }
            }
            "response.created" | "response.queued" | "response.in_progress" => {
                self.start(&root, out);
            }
            "response.completed" | "response.incomplete" => self.end(&root, out),
            "response.failed" => self.failed(&root, data, out),
            "error" => self.broken(data, out),
            _ if event.name == Some("error")
                || root.get("error").is_some_and(Value::says_something) =>
            {
                self.broken(data, out);
            }
            kind => self.piece(kind, &root, out),
        }
    }

    fn finish(&mut self, out: &mut Vec<Event>) {
        if !self.over {
            self.fail("the provider's stream ended before its answer", out);
        }
    }

    fn kept(&self) -> usize {
        self.open.values().map(Item::kept).sum()
    }
}

impl Reader {
    pub(super) fn new(family: Family, call: &str) -> Self {
        Self {
            family,
            id: call.to_owned(),
            model: None,
            started: false,
            alive: false,
            over: false,
            next: 0,
            open: BTreeMap::new(),
            done: HashSet::new(),
            called: false,
            refused: false,
        }
    }

    fn start(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        if self.started {
            return;
        }
        self.started = true;
        let response = root.object("response").unwrap_or_default();
        let id = response.word("id");
        if let Some(id) = &id {
            self.id.clone_from(id);
        }
        self.model = response.word("model");
        out.push(Event::Start(Start {
            id,
            model: self.model.clone(),
            created: created(&response),
            usage: None,
        }));
    }

    /// A piece of an item.
    fn piece(&mut self, kind: &str, root: &Object<'_>, out: &mut Vec<Event>) {
        match kind {
            "response.output_item.added" => self.added(root, out),
            "response.output_item.done" => self.item_done(root, out),
            _ => {
                let Some(place) = self.place(root) else {
                    return;
                };
                self.within(place, kind, root, out);
            }
        }
        if self.open.len() + self.done.len() > MOST {
            self.fail("the provider made more items than an answer may have", out);
        }
    }

    /// The item an event is about.
    fn place(&self, root: &Object<'_>) -> Option<u64> {
        let stated = root.get("output_index").and_then(Value::count);
        if let Some(place) = stated {
            return Some(place);
        }
        let id = root.word("item_id")?;
        let mut open = self.open.iter();
        open.find(|(_, item)| item.id() == id)
            .map(|(place, _)| *place)
    }

    fn added(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let Some(place) = self.place(root) else {
            return;
        };
        let Some(fields) = root.object("item") else {
            return;
        };
        if self.done.contains(&place) || self.open.contains_key(&place) {
            return;
        }
        let mut item = Item::new(&fields, place, &self.id);
        let mut next = Next {
            number: &mut self.next,
            out,
        };
        self.called |= item.begin(&mut next).is_some();
        self.open.insert(place, item);
    }

    /// Adds to an item that is open, or that begins so where a server does not say it.
    fn within(&mut self, place: u64, kind: &str, root: &Object<'_>, out: &mut Vec<Event>) {
        if self.done.contains(&place) {
            return;
        }
        let part = root
            .get("content_index")
            .and_then(Value::count)
            .unwrap_or(0);
        let step = root
            .get("summary_index")
            .and_then(Value::count)
            .unwrap_or(0);
        let known = match kind {
            "response.output_text.delta" | "response.refusal.delta" => Some(Kind::Message),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                Some(Kind::Thought)
            }
            _ => None,
        };
        if let Some(known) = known {
            self.open.entry(place).or_insert_with(|| Item::of(known));
        }
        let Some(item) = self.open.get_mut(&place) else {
            return;
        };
        let mut next = Next {
            number: &mut self.next,
            out,
        };
        match kind {
            "response.output_text.delta" => {
                if let Some(text) = item.halves.word(root.get("delta")) {
                    item.text(part, &text, &mut next);
                }
                if let Some(raw) = logprobs(root.list("logprobs")) {
                    next.out.push(Event::Logprobs { choice: 0, raw });
                }
            }
            "response.output_text.annotation.added" => {
                if let Some(citation) = root.get("annotation").and_then(citation) {
                    item.cite(part, citation, &mut next);
                }
            }
            "response.refusal.delta" => {
                if let Some(text) = item.halves.word(root.get("delta")) {
                    self.refused = true;
                    item.refuse(part, &text, &mut next);
                }
            }
            "response.reasoning_summary_text.delta" => {
                if let Some(text) = item.halves.word(root.get("delta")) {
                    item.think(false, step, &text, self.family, &mut next);
                }
            }
            "response.reasoning_text.delta" => {
                if let Some(text) = item.halves.word(root.get("delta")) {
                    item.think(true, part, &text, self.family, &mut next);
                }
            }
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta" => {
                if let Some(text) = item.halves.word(root.get("delta")) {
                    item.argue(&text, &mut next);
                }
            }
            _ => {}
        }
    }

    /// Ends an item, with all that was not told of it yet.
    fn item_done(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        let (Some(value), Some(place)) = (root.get("item"), self.place(root)) else {
            return;
        };
        self.complete(place, value, out);
    }

    fn complete(&mut self, place: u64, value: Value<'_>, out: &mut Vec<Event>) {
        let Some(fields) = value.object() else {
            return;
        };
        if !self.done.insert(place) {
            return;
        }
        let mut item = self
            .open
            .remove(&place)
            .unwrap_or_else(|| Item::new(&fields, place, &self.id));
        let origin = Origin {
            family: self.family,
            model: self.model.as_deref(),
            seed: &self.id,
        };
        let said = read_output::item(
            value,
            &fields,
            usize::try_from(place).unwrap_or(usize::MAX),
            &origin,
        );
        let said: Vec<Content> = said.into_iter().map(|block| block.content).collect();
        for content in &said {
            self.called |= matches!(content, Content::Call(_));
            self.refused |= matches!(content, Content::Refusal(_));
        }
        let mut next = Next {
            number: &mut self.next,
            out,
        };
        item.end(&fields, said, &mut next);
    }

    /// The whole answer: what is left of it, why it ended, what was used.
    fn end(&mut self, root: &Object<'_>, out: &mut Vec<Event>) {
        self.start(root, out);
        let response = root.object("response").unwrap_or_default();
        let output = response.list("output");
        for (place, value) in output.iter().enumerate() {
            self.complete(place as u64, *value, out);
        }
        let mut next = Next {
            number: &mut self.next,
            out,
        };
        for (_, mut item) in std::mem::take(&mut self.open) {
            item.close(&mut next);
        }
        self.over = true;
        let stated = stop(&response, &[]);
        let stop = match stated {
            Some(Stop::End) | None if self.called => Stop::Calls,
            Some(Stop::End) | None if self.refused => Stop::Refusal,
            Some(stop) => stop,
            None => Stop::End,
        };
        out.push(Event::Stop { choice: 0, stop });
        if let Some(tier) = response.word("service_tier") {
            out.push(Event::Tier(tier));
        }
        if let Some(reading) = reading(&response) {
            out.push(Event::Usage(reading.tokens));
        }
        out.push(Event::End);
    }

    fn failed(&mut self, root: &Object<'_>, data: &str, out: &mut Vec<Event>) {
        self.start(root, out);
        self.broken(data, out);
    }

    fn broken(&mut self, data: &str, out: &mut Vec<Event>) {
        let error = Responses.read_error(data.as_bytes());
        self.over = true;
        out.push(Event::Error(Failure {
            message: error.message,
            kind: error.kind,
            code: error.code,
        }));
    }

    fn fail(&mut self, message: &str, out: &mut Vec<Event>) {
        self.over = true;
        out.push(Event::Error(Failure {
            message: message.to_owned(),
            kind: None,
            code: None,
        }));
    }
}

/// Where what is read goes.
pub(super) struct Next<'a> {
    number: &'a mut u32,
    out: &'a mut Vec<Event>,
}

impl Next<'_> {
    /// Opens the next block.
    pub(super) fn open(&mut self, opening: Opening) -> u32 {
        let block = *self.number;
        *self.number = block.saturating_add(1);
        self.out.push(Event::Open {
            choice: 0,
            block,
            opening,
        });
        block
    }

    pub(super) fn add(&mut self, block: u32, delta: Delta) {
        self.out.push(Event::Delta {
            choice: 0,
            block,
            delta,
        });
    }

    pub(super) fn close(&mut self, block: u32) {
        self.out.push(Event::Close { choice: 0, block });
    }
}
