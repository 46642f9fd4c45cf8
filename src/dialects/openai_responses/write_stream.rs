//! Streams, written: one item open at a time.
//!
//! Texts that follow one another are parts of one message, which ends when something else begins.
//! A block that begins while another is open waits, with all that is added to it.

use std::collections::VecDeque;

use super::stream_events::{Events, raw};
use super::thoughts::{empty_thought, summary_part};
use super::write_output::{
    CUT, Code, OPEN, Provided, WHOLE, annotation, call, logprobs, message, reasoning, reasoning_id,
    refusal_part, state, text_part, words,
};
use super::write_response::State;
use crate::dialects::json::{Fields, Json};
use crate::dialects::recall::Recall;
use crate::dialects::{EventWriter, Reply, Shown, media, stops};
use crate::models::chat::{CallKind, Citation, Raw, Stop, Thinking};
use crate::models::refusal::Refusal;
use crate::models::streaming::{Delta, Event, Opening, Start};
use crate::models::usage::Tokens;

/// An answer is one: of several the first.
const SHOWN: u32 = 0;

/// The bytes of one word's probability, about.
const PROBABILITY: usize = 128;

/// Writes events.
pub(super) struct Writer {
    recall: Recall,
    told: Told,
}

/// What is told of the answer.
pub(super) struct Told {
    events: Events,
    provider: Option<String>,
    /// The message that is open.
    message: Option<Message>,
    /// The first is open; the others wait.
    blocks: VecDeque<Block>,
    /// Probabilities for the next text that ends.
    probabilities: Vec<Json<'static>>,
    refused: bool,
    /// Whether it was told of sound.
    pub(super) sounds: bool,
    /// Code whose output may follow, and its block.
    pub(super) ran: Option<(u32, Opening, Code)>,
    stop: Option<Stop>,
    usage: Option<Tokens>,
    tier: Option<String>,
    /// The bytes of what is open, or waits.
    pub(super) kept: usize,
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
    /// What it is where it is no text, no thought and no call.
    provided: Option<Provided>,
    /// What waits to be written.
    waiting: Vec<Delta>,
    closed: bool,
    /// The item's id.
    id: String,
    /// The text or the arguments so far.
    text: String,
    /// What supports the text: from where to where, its end tells.
    citations: Vec<Citation>,
    thought: Thinking,
    kept: usize,
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            recall: Recall::new(reply.memory.clone()),
            told: Told {
                events: Events::new(reply),
                provider: None,
                message: None,
                blocks: VecDeque::new(),
                probabilities: Vec::new(),
                refused: false,
                sounds: false,
                ran: None,
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
        // Probabilities take about as much as they do when they are written.
        let probable = self.told.probabilities.len() * PROBABILITY;
        self.recall.kept() + self.told.kept + self.told.events.kept() + probable
    }

    fn keep_alive(&mut self, out: &mut Vec<u8>) {
        if self.told.events.started() {
            self.told.events.alive(out);
        } else {
            self.told.start(&Start::default(), out);
        }
    }

    fn error_event(&mut self, refusal: &Refusal) -> Option<Vec<u8>> {
        Some(self.told.events.broken(refusal))
    }
}

impl Told {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.start(start, out),
            Event::Open {
                choice,
                block,
                opening,
            } if *choice == SHOWN => self.opened(*block, opening, out),
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

    fn start(&mut self, start: &Start, out: &mut Vec<u8>) {
        self.provider = start.model.clone().or(self.provider.take());
        if start.usage.is_some() {
            self.usage.clone_from(&start.usage);
        }
        if !self.events.started() {
            self.events.start(start, out);
        }
    }

    pub(super) fn open(
        &mut self,
        block: u32,
        opening: &Opening,
        provided: Option<Provided>,
        out: &mut Vec<u8>,
    ) {
        if !self.events.started() {
            self.start(&Start::default(), out);
        }
        let kept = match opening {
            Opening::Text | Opening::Refusal | Opening::Thinking(_) => 0,
            Opening::Redacted(secret) => secret.data.len(),
            Opening::Call(call) => call.id.len() + call.name.len(),
            Opening::Server { raw, .. } => raw.text().len(),
            Opening::Media(content) => media::bytes(content),
        };
        self.kept += kept;
        self.blocks.push_back(Block {
            block,
            opening: opening.clone(),
            provided,
            waiting: Vec::new(),
            closed: false,
            id: String::new(),
            text: String::new(),
            citations: Vec::new(),
            thought: Thinking::default(),
            kept,
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
        if !matches!(block.opening, Opening::Text | Opening::Refusal) {
            self.end_message(WHOLE, out);
        }
        let events = &mut self.events;
        match &block.opening {
            Opening::Text => self.begin_part(text_part("", Vec::new(), Vec::new()), out),
            Opening::Refusal => {
                self.refused = true;
                self.begin_part(refusal_part(""), out);
            }
            Opening::Thinking(family) => {
                block.thought.family = *family;
                block.id = events.id("rs");
                events.begin_item(empty_thought(&block.id), out);
            }
            Opening::Redacted(secret) => {
                block.id = reasoning_id(Some(secret)).unwrap_or_else(|| events.id("rs"));
                block.thought.redacted = true;
                block.thought.secret = Some(secret.clone());
                events.begin_item(empty_thought(&block.id), out);
            }
            Opening::Call(called) => {
                block.id = events.id(words(called.kind).1);
                events.begin_item(call(&block.id, OPEN, called, ""), out);
            }
            Opening::Server { .. } | Opening::Media(_) => match &block.provided {
                Some(Provided::Item(raw)) => events.whole_item(raw.text(), out),
                Some(Provided::Search(query)) => events.searched(query, out),
                Some(Provided::Picture(media)) => events.pictured(media, out),
                Some(Provided::Code(ran)) => events.interpreted(ran, out),
                _ => {}
            },
        }
        self.blocks.push_front(block);
    }

    fn begin_part(&mut self, part: Fields<'_>, out: &mut Vec<u8>) {
        if self.message.is_none() {
            let id = self.events.id("msg");
            self.events.begin_item(message(&id, OPEN, Vec::new()), out);
            self.message = Some(Message {
                id,
                parts: Vec::new(),
            });
        }
        let fields = self.place().with("part", part);
        self.events.tell("response.content_part.added", fields, out);
    }

    /// Where the part is that is open.
    fn place(&self) -> Fields<'static> {
        let (id, part) = match &self.message {
            Some(message) => (message.id.as_str(), message.parts.len() as u64),
            None => ("", 0),
        };
        self.events.place(id).with("content_index", part)
    }

    pub(super) fn delta(&mut self, block: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        let block = &mut self.blocks[place];
        self.kept += delta.size();
        block.kept += delta.size();
        if place > 0 {
            block.waiting.push(delta.clone());
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
                let fields = self
                    .place()
                    .with("delta", text)
                    .with("logprobs", Json::List(Vec::new()));
                self.events.tell("response.output_text.delta", fields, out);
            }
            (Opening::Text, Delta::Citation(found)) => block.citations.push(found.clone()),
            (Opening::Refusal, Delta::Text(text)) => {
                block.text.push_str(text);
                let fields = self.place().with("delta", text);
                self.events.tell("response.refusal.delta", fields, out);
            }
            (Opening::Thinking(_), Delta::Text(text)) => {
                self.think(&block, text, out);
                block.thought.text.push_str(text);
            }
            (Opening::Thinking(_), Delta::Secret(secret)) => {
                block.thought.secret = Some(secret.clone());
            }
            (Opening::Call(called), Delta::Arguments(text)) if !text.is_empty() => {
                self.argue(called.kind, &block.id, text, out);
                block.text.push_str(text);
            }
            _ => {}
        }
        self.blocks.push_front(block);
    }

    fn shows_thoughts(&self) -> bool {
        self.events.reply.memory.thinking == Shown::Whole
    }

    fn think(&mut self, block: &Block, text: &str, out: &mut Vec<u8>) {
        if !self.shows_thoughts() {
            return;
        }
        let place = self.events.place(&block.id).with("summary_index", 0_u64);
        if block.thought.text.is_empty() {
            let part = place.clone().with("part", summary_part(""));
            self.events
                .tell("response.reasoning_summary_part.added", part, out);
        }
        let delta = place.with("delta", text);
        self.events
            .tell("response.reasoning_summary_text.delta", delta, out);
    }

    fn argue(&mut self, kind: CallKind, id: &str, text: &str, out: &mut Vec<u8>) {
        let name = match kind {
            CallKind::Function => "response.function_call_arguments.delta",
            CallKind::Custom => "response.custom_tool_call_input.delta",
        };
        let fields = self.events.place(id).with("delta", text);
        self.events.tell(name, fields, out);
    }

    fn logprobs(&mut self, raw: &Raw, out: &mut Vec<u8>) {
        let entries = logprobs(raw);
        let text = self.blocks.front().map(|block| &block.opening);
        if matches!(text, Some(Opening::Text)) {
            let fields = self
                .place()
                .with("delta", "")
                .with("logprobs", entries.clone());
            self.events.tell("response.output_text.delta", fields, out);
        }
        self.probabilities.extend(entries);
    }

    pub(super) fn close(&mut self, block: u32, out: &mut Vec<u8>) {
        let Some(place) = self.blocks.iter().position(|known| known.block == block) else {
            return;
        };
        self.blocks[place].closed = true;
        // The end of the first lets the next ones go, as far as they are.
        while self.blocks.front().is_some_and(|first| first.closed) {
            if let Some(first) = self.blocks.pop_front() {
                self.kept -= first.kept;
                self.stop(first, out);
            }
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

    /// Writes the end of a block.
    fn stop(&mut self, mut block: Block, out: &mut Vec<u8>) {
        match &block.opening {
            Opening::Text => self.end_text(&block, out),
            Opening::Refusal => {
                let fields = self.place().with("refusal", &block.text);
                self.events.tell("response.refusal.done", fields, out);
                self.end_part(refusal_part(&block.text), out);
            }
            Opening::Thinking(_) | Opening::Redacted(_) => self.end_thought(&block, out),
            Opening::Call(called) => {
                let kind = called.kind;
                if block.text.is_empty() && kind == CallKind::Function {
                    self.argue(kind, &block.id, "{}", out);
                    block.text.push_str("{}");
                }
                let place = self.events.place(&block.id);
                let (name, fields) = match kind {
                    CallKind::Function => (
                        "response.function_call_arguments.done",
                        place.with("name", &called.name),
                    ),
                    CallKind::Custom => ("response.custom_tool_call_input.done", place),
                };
                let fields = fields.with(words(kind).2, &block.text);
                self.events.tell(name, fields, out);
                let item = call(&block.id, state(kind, &block.text), called, &block.text);
                self.events.end_item(item, out);
            }
            Opening::Server { .. } | Opening::Media(_) => {}
        }
    }

    fn end_text(&mut self, block: &Block, out: &mut Vec<u8>) {
        let length = block.text.chars().count() as u64;
        let found = block.citations.iter();
        let notes: Vec<Json<'_>> = found
            .filter_map(|found| annotation(found, length))
            .collect();
        for (number, note) in notes.iter().enumerate() {
            let fields = self
                .place()
                .with("annotation_index", number as u64)
                .with("annotation", note.clone());
            self.events
                .tell("response.output_text.annotation.added", fields, out);
        }
        let words = std::mem::take(&mut self.probabilities);
        let fields = self
            .place()
            .with("text", &block.text)
            .with("logprobs", words.clone());
        self.events.tell("response.output_text.done", fields, out);
        self.end_part(text_part(&block.text, notes, words), out);
    }

    fn end_part(&mut self, part: Fields<'_>, out: &mut Vec<u8>) {
        let part = Json::Object(part).to_text();
        let fields = self.place().with("part", raw(&part));
        self.events.tell("response.content_part.done", fields, out);
        if let Some(message) = &mut self.message {
            self.kept += part.len();
            message.parts.push(part);
        }
    }

    fn end_message(&mut self, status: &'static str, out: &mut Vec<u8>) {
        if let Some(open) = self.message.take() {
            self.kept -= open.parts.iter().map(String::len).sum::<usize>();
            let parts = open.parts.iter().map(|part| raw(part)).collect();
            self.events.end_item(message(&open.id, status, parts), out);
        }
    }

    fn end_thought(&mut self, block: &Block, out: &mut Vec<u8>) {
        let thought = &block.thought;
        if self.shows_thoughts() && !thought.text.is_empty() {
            let place = self.events.place(&block.id).with("summary_index", 0_u64);
            let text = place.clone().with("text", &thought.text);
            self.events
                .tell("response.reasoning_summary_text.done", text, out);
            let part = place.with("part", summary_part(&thought.text));
            self.events
                .tell("response.reasoning_summary_part.done", part, out);
        }
        let memory = &self.events.reply.memory;
        let item = reasoning(&block.id, thought, self.provider.as_deref(), memory);
        self.events.end_item(item, out);
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        if !self.events.started() {
            self.start(&Start::default(), out);
        }
        self.run(out);
        for block in &mut self.blocks {
            block.closed = true;
        }
        if let Some(first) = self.blocks.front().map(|first| first.block) {
            self.close(first, out);
        }
        let reason = stops::to_responses(self.stop.as_ref(), self.refused);
        self.end_message(if reason.is_some() { CUT } else { WHOLE }, out);
        let state = State {
            status: WHOLE,
            reason,
            usage: self.usage.as_ref(),
            tier: self.tier.as_deref(),
        };
        self.events.finish(&state, out);
    }
}
