//! Streams, written: one item open at a time, each event with its number.
//!
//! Texts that follow one another are parts of one message, which ends when something else begins.
//! A block that begins while another is open waits, with all that is added to it. What was told
//! is kept, since the last event tells all of it again.

use std::collections::VecDeque;

use super::write_output::{
    CUT, OPEN, Provided, WHOLE, annotation, call, id, logprobs, message, provided, reasoning,
    reasoning_id, refusal_part, search, state, text_part, words,
};
use super::write_response::{Answer, State, owned};
use super::{failure, send, write_broken};
use crate::dialects::json::{Fields, Json};
use crate::dialects::recall::Recall;
use crate::dialects::{EventWriter, Reply, Shown, stops};
use crate::models::chat::{CallKind, Raw, Stop, Thinking};
use crate::models::refusal::Refusal;
use crate::models::streaming::{Delta, Event, Opening, Start};
use crate::models::usage::Tokens;

/// An answer is one: of several the first.
const SHOWN: u32 = 0;

/// Writes events.
pub(super) struct Writer {
    recall: Recall,
    told: Told,
}

/// What is told of the answer.
struct Told {
    reply: Reply,
    answer: Answer,
    provider: Option<String>,
    started: bool,
    /// The number of the next event.
    number: u64,
    /// Items that are complete, as they were written.
    output: Vec<String>,
    /// The message that is open.
    message: Option<Message>,
    /// The first is open; the others wait.
    blocks: VecDeque<Block>,
    /// Probabilities for the next text that ends.
    probabilities: Vec<Json<'static>>,
    refused: bool,
    stop: Option<Stop>,
    usage: Option<Tokens>,
    tier: Option<String>,
    /// The bytes of what is kept.
    kept: usize,
}

struct Message {
    id: String,
    /// Parts that are complete, as they were written.
    parts: Vec<String>,
}

#[expect(
    clippy::struct_field_names,
    reason = "the event's own word for its number"
)]
struct Block {
    block: u32,
    opening: Opening,
    /// What waits to be written.
    waiting: Vec<Delta>,
    closed: bool,
    /// The item's id.
    id: String,
    /// The text or the arguments so far.
    text: String,
    /// What supports the text.
    notes: Vec<String>,
    thought: Thinking,
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            recall: Recall::new(reply.memory.clone()),
            told: Told {
                answer: Answer::new(&reply, None, None, None),
                reply,
                provider: None,
                started: false,
                number: 0,
                output: Vec::new(),
                message: None,
                blocks: VecDeque::new(),
                probabilities: Vec::new(),
                refused: false,
                stop: None,
                usage: None,
                tier: None,
                kept: 0,
            },
        }
    }
}

impl EventWriter for Writer {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let told = &mut self.told;
        self.recall.pass(event, &mut |event| told.write(event, out));
    }

    fn kept(&self) -> usize {
        self.recall.kept() + self.told.kept
    }

    fn keep_alive(&mut self, out: &mut Vec<u8>) {
        if self.told.started {
            self.told.tell_all("response.in_progress", OPEN, out);
        } else {
            self.told.start(&Start::default(), out);
        }
    }

    fn error_event(&mut self, refusal: &Refusal) -> Option<Vec<u8>> {
        let told = &self.told;
        let state = State {
            status: "failed",
            ..State::default()
        };
        let output = told.output.iter().map(|item| raw(item)).collect();
        let mut response = told.answer.fields(&told.reply, &state, output);
        if let Some((_, error)) = response.0.iter_mut().find(|(name, _)| name == "error") {
            *error = failure(refusal).into();
        }
        let mut events = Vec::new();
        write_broken(refusal, response, told.number, &mut events);
        Some(events)
    }
}

/// Something that was written before.
fn raw(text: &str) -> Json<'_> {
    Json::Raw(text.into())
}

impl Told {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.start(start, out),
            Event::Open {
                choice,
                block,
                opening,
            } if *choice == SHOWN => self.open(*block, opening, out),
            Event::Delta {
                choice,
                block,
                delta,
            } if *choice == SHOWN => self.delta(*block, delta, out),
            Event::Close { choice, block } if *choice == SHOWN => self.close(*block, out),
            Event::Logprobs { choice, raw } if *choice == SHOWN => self.logprobs(raw, out),
            Event::Stop { choice, stop } if *choice == SHOWN => {
                self.stop.get_or_insert_with(|| stop.clone());
            }
            Event::Usage(tokens) => self.usage = Some(tokens.clone()),
            Event::Tier(tier) => self.tier = Some(tier.clone()),
            Event::End => self.end(out),
            _ => {}
        }
    }

    /// Writes one event with the next number.
    fn tell(&mut self, name: &'static str, fields: Fields<'_>, out: &mut Vec<u8>) {
        let mut event = Fields::new()
            .with("type", name)
            .with("sequence_number", self.number);
        event.0.extend(fields.0);
        send(name, &Json::Object(event), out);
        self.number += 1;
    }

    /// Writes an event with the answer as it is now, without what it says.
    fn tell_all(&mut self, name: &'static str, status: &'static str, out: &mut Vec<u8>) {
        let state = State {
            status,
            ..State::default()
        };
        let response = self.answer.fields(&self.reply, &state, Vec::new());
        let event = Fields::new()
            .with("type", name)
            .with("sequence_number", self.number)
            .with("response", response);
        send(name, &Json::Object(event), out);
        self.number += 1;
    }

    fn start(&mut self, start: &Start, out: &mut Vec<u8>) {
        self.provider = start.model.clone().or(self.provider.take());
        if self.started {
            return;
        }
        self.started = true;
        self.answer = Answer::new(
            &self.reply,
            start.id.as_deref(),
            start.model.as_deref(),
            start.created,
        );
        self.usage.clone_from(&start.usage);
        self.tell_all("response.created", OPEN, out);
        self.tell_all("response.in_progress", OPEN, out);
    }

    fn open(&mut self, block: u32, opening: &Opening, out: &mut Vec<u8>) {
        if let Opening::Server { family, raw } = opening
            && provided(*family, raw).is_none()
        {
            return;
        }
        if !self.started {
            self.start(&Start::default(), out);
        }
        self.kept += match opening {
            Opening::Text | Opening::Refusal | Opening::Thinking(_) => 0,
            Opening::Redacted(secret) => secret.data.len(),
            Opening::Call(call) => call.id.len() + call.name.len(),
            Opening::Server { raw, .. } => raw.text().len(),
        };
        self.blocks.push_back(Block {
            block,
            opening: opening.clone(),
            waiting: Vec::new(),
            closed: false,
            id: String::new(),
            text: String::new(),
            notes: Vec::new(),
            thought: Thinking::default(),
        });
        if self.blocks.len() == 1 {
            self.begin(out);
        }
    }

    /// Writes the start of the first block.
    fn begin(&mut self, out: &mut Vec<u8>) {
        let Some(mut block) = self.blocks.pop_front() else {
            return;
        };
        match &block.opening {
            Opening::Text => self.begin_part(text_part("", Vec::new(), Vec::new()), out),
            Opening::Refusal => {
                self.refused = true;
                self.begin_part(refusal_part(""), out);
            }
            Opening::Thinking(family) => {
                self.end_message(WHOLE, out);
                block.thought.family = *family;
                block.id = id("rs", &self.answer.id, self.output.len());
                self.begin_thought(&block.id, out);
            }
            Opening::Redacted(secret) => {
                self.end_message(WHOLE, out);
                block.id = reasoning_id(Some(secret), &self.answer.id, self.output.len());
                block.thought.redacted = true;
                block.thought.secret = Some(secret.clone());
                self.begin_thought(&block.id, out);
            }
            Opening::Call(called) => {
                self.end_message(WHOLE, out);
                let prefix = words(called.kind).1;
                block.id = id(prefix, &self.answer.id, self.output.len());
                let item = call(&block.id, OPEN, called, "");
                self.begin_item(item, out);
            }
            Opening::Server { family, raw } => {
                self.end_message(WHOLE, out);
                match provided(*family, raw) {
                    Some(Provided::Item(raw)) => self.whole_item(raw.text().to_owned(), out),
                    Some(Provided::Search(query)) => self.searched(&query, out),
                    None => {}
                }
            }
        }
        self.blocks.push_front(block);
    }

    fn begin_item(&mut self, item: Fields<'_>, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", item);
        self.tell("response.output_item.added", fields, out);
    }

    fn end_item(&mut self, item: String, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", raw(&item));
        self.tell("response.output_item.done", fields, out);
        self.kept += item.len();
        self.output.push(item);
    }

    fn whole_item(&mut self, item: String, out: &mut Vec<u8>) {
        let fields = Fields::new()
            .with("output_index", self.output.len() as u64)
            .with("item", raw(&item));
        self.tell("response.output_item.added", fields, out);
        self.end_item(item, out);
    }

    fn begin_thought(&mut self, id: &str, out: &mut Vec<u8>) {
        let item = Fields::new()
            .with("id", id)
            .with("type", "reasoning")
            .with("summary", Json::List(Vec::new()));
        self.begin_item(item, out);
    }

    fn searched(&mut self, query: &str, out: &mut Vec<u8>) {
        let id = id("ws", &self.answer.id, self.output.len());
        self.begin_item(search(&id, OPEN, query), out);
        for name in [
            "response.web_search_call.in_progress",
            "response.web_search_call.searching",
            "response.web_search_call.completed",
        ] {
            let fields = Fields::new()
                .with("item_id", &id)
                .with("output_index", self.output.len() as u64);
            self.tell(name, fields, out);
        }
        let item = Json::Object(search(&id, WHOLE, query)).to_text();
        self.end_item(item, out);
    }

    fn begin_part(&mut self, part: Fields<'_>, out: &mut Vec<u8>) {
        if self.message.is_none() {
            let id = id("msg", &self.answer.id, self.output.len());
            self.begin_item(message(&id, OPEN, Vec::new()), out);
            self.message = Some(Message {
                id,
                parts: Vec::new(),
            });
        }
        let fields = self.place().with("part", part);
        self.tell("response.content_part.added", fields, out);
    }

    /// Where the part is that is open.
    fn place(&self) -> Fields<'static> {
        let (id, part) = match &self.message {
            Some(message) => (message.id.clone(), message.parts.len() as u64),
            None => (String::new(), 0),
        };
        Fields::new()
            .with("item_id", id)
            .with("output_index", self.output.len() as u64)
            .with("content_index", part)
    }

    /// Where the item is that is open.
    fn item(&self, id: &str) -> Fields<'static> {
        Fields::new()
            .with("item_id", id.to_owned())
            .with("output_index", self.output.len() as u64)
    }

    fn delta(&mut self, block: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        self.kept += delta.size();
        if place > 0 {
            self.blocks[place].waiting.push(delta.clone());
            return;
        }
        self.add(delta, out);
    }

    /// Adds to the block that is open.
    fn add(&mut self, delta: &Delta, out: &mut Vec<u8>) {
        let Some(mut block) = self.blocks.pop_front() else {
            return;
        };
        match (&block.opening, delta) {
            (Opening::Text, Delta::Text(text)) => {
                block.text.push_str(text);
                let fields = self.place().with("delta", text);
                let fields = fields.with("logprobs", Json::List(Vec::new()));
                self.tell("response.output_text.delta", fields, out);
            }
            (Opening::Text, Delta::Citation(found)) => {
                let length = block.text.chars().count() as u64;
                if let Some(note) = annotation(found, length) {
                    let fields = self
                        .place()
                        .with("annotation_index", block.notes.len() as u64)
                        .with("annotation", note.clone());
                    self.tell("response.output_text.annotation.added", fields, out);
                    block.notes.push(note.to_text());
                }
            }
            (Opening::Refusal, Delta::Text(text)) => {
                block.text.push_str(text);
                let fields = self.place().with("delta", text);
                self.tell("response.refusal.delta", fields, out);
            }
            (Opening::Thinking(_), Delta::Text(text)) => {
                self.think(&block, text, out);
                block.thought.text.push_str(text);
            }
            (Opening::Thinking(_), Delta::Secret(secret)) => {
                block.thought.secret = Some(secret.clone());
            }
            (Opening::Call(_), Delta::Arguments(text)) => self.argue(&mut block, text, out),
            _ => {}
        }
        self.blocks.push_front(block);
    }

    fn think(&mut self, block: &Block, text: &str, out: &mut Vec<u8>) {
        if self.reply.memory.thinking != Shown::Whole {
            return;
        }
        let place = || self.item(&block.id).with("summary_index", 0_u64);
        let (first, fields) = (
            place().with("part", summary_part("")),
            place().with("delta", text),
        );
        if block.thought.text.is_empty() {
            self.tell("response.reasoning_summary_part.added", first, out);
        }
        self.tell("response.reasoning_summary_text.delta", fields, out);
    }

    fn argue(&mut self, block: &mut Block, text: &str, out: &mut Vec<u8>) {
        let Opening::Call(called) = &block.opening else {
            return;
        };
        if text.is_empty() {
            return;
        }
        let name = match called.kind {
            CallKind::Function => "response.function_call_arguments.delta",
            CallKind::Custom => "response.custom_tool_call_input.delta",
        };
        let fields = self.item(&block.id).with("delta", text);
        self.tell(name, fields, out);
        block.text.push_str(text);
    }

    fn logprobs(&mut self, raw: &Raw, out: &mut Vec<u8>) {
        let entries = logprobs(raw);
        self.kept += raw.text().len();
        let text = self.blocks.front().map(|block| &block.opening);
        if matches!(text, Some(Opening::Text)) {
            let fields = self
                .place()
                .with("delta", "")
                .with("logprobs", entries.clone());
            self.tell("response.output_text.delta", fields, out);
        }
        self.probabilities.extend(entries);
    }

    fn close(&mut self, block: u32, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        self.blocks[place].closed = true;
        // The end of the first lets the next ones go, as far as they are.
        while self.blocks.front().is_some_and(|first| first.closed) {
            self.stop_first(out);
            if self.blocks.is_empty() {
                return;
            }
            self.begin(out);
            let waiting = self
                .blocks
                .front_mut()
                .map(|first| std::mem::take(&mut first.waiting))
                .unwrap_or_default();
            for delta in &waiting {
                self.add(delta, out);
            }
        }
    }

    fn stop_first(&mut self, out: &mut Vec<u8>) {
        let Some(mut block) = self.blocks.pop_front() else {
            return;
        };
        match &block.opening {
            Opening::Text => {
                let words = std::mem::take(&mut self.probabilities);
                let fields = self
                    .place()
                    .with("text", &block.text)
                    .with("logprobs", words.clone());
                self.tell("response.output_text.done", fields, out);
                let notes = block.notes.iter().map(|note| raw(note)).collect();
                self.end_part(text_part(&block.text, notes, words), out);
            }
            Opening::Refusal => {
                let fields = self.place().with("refusal", &block.text);
                self.tell("response.refusal.done", fields, out);
                self.end_part(refusal_part(&block.text), out);
            }
            Opening::Thinking(_) | Opening::Redacted(_) => self.end_thought(&block, out),
            Opening::Call(called) => {
                let called = called.clone();
                if block.text.is_empty() && called.kind == CallKind::Function {
                    self.argue(&mut block, "{}", out);
                }
                let (name, field) = match called.kind {
                    CallKind::Function => ("response.function_call_arguments.done", "arguments"),
                    CallKind::Custom => ("response.custom_tool_call_input.done", "input"),
                };
                let fields = self
                    .item(&block.id)
                    .maybe(
                        "name",
                        (called.kind == CallKind::Function).then_some(&*called.name),
                    )
                    .with(field, &block.text);
                self.tell(name, fields, out);
                let state = state(called.kind, &block.text);
                let item = call(&block.id, state, &called, &block.text);
                self.end_item(Json::Object(item).to_text(), out);
            }
            Opening::Server { .. } => {}
        }
    }

    fn end_part(&mut self, part: Fields<'_>, out: &mut Vec<u8>) {
        let part = Json::Object(part).to_text();
        let fields = self.place().with("part", raw(&part));
        self.tell("response.content_part.done", fields, out);
        if let Some(message) = &mut self.message {
            message.parts.push(part);
        }
    }

    fn end_message(&mut self, status: &'static str, out: &mut Vec<u8>) {
        let Some(open) = self.message.take() else {
            return;
        };
        let parts = open.parts.iter().map(|part| raw(part)).collect();
        let item = Json::Object(message(&open.id, status, parts)).to_text();
        self.end_item(item, out);
    }

    fn end_thought(&mut self, block: &Block, out: &mut Vec<u8>) {
        let thought = &block.thought;
        let shown = self.reply.memory.thinking == Shown::Whole;
        if shown && !thought.text.is_empty() {
            let place = || self.item(&block.id).with("summary_index", 0_u64);
            let (text, part) = (
                place().with("text", &thought.text),
                place().with("part", summary_part(&thought.text)),
            );
            self.tell("response.reasoning_summary_text.done", text, out);
            self.tell("response.reasoning_summary_part.done", part, out);
        }
        let item = reasoning(&block.id, thought, self.provider.as_deref(), &self.reply);
        let item = Json::Object(item).to_text();
        self.end_item(item, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.started {
            self.start(&Start::default(), out);
        }
        for block in &mut self.blocks {
            block.closed = true;
        }
        if let Some(first) = self.blocks.front().map(|first| first.block) {
            self.close(first, out);
        }
        let cut = self.stop == Some(Stop::Length);
        self.end_message(if cut { CUT } else { WHOLE }, out);
        let state = State {
            status: WHOLE,
            reason: stops::to_responses(self.stop.as_ref(), self.refused),
            usage: self.usage.as_ref(),
            tier: self.tier.as_deref(),
        };
        let name = if state.reason.is_some() {
            "response.incomplete"
        } else {
            "response.completed"
        };
        let output = self.output.iter().map(|item| raw(item)).collect();
        let response = owned(&self.answer.fields(&self.reply, &state, output));
        self.tell(name, Fields::new().with("response", response), out);
    }
}

fn summary_part(text: &str) -> Fields<'_> {
    Fields::new()
        .with("type", "summary_text")
        .with("text", text)
}
