//! One item of a stream that is read: its open blocks, and what was told of it.

use std::collections::BTreeMap;

use super::read_output;
use super::read_stream::Next;
use super::thoughts::BETWEEN;
use crate::dialects::json::{Halves, Object};
use crate::models::chat::{Call, Citation, Content, Family, Thinking};
use crate::models::streaming::{Delta, Opening};

/// The most parts of a message.
const MOST_PARTS: usize = 4096;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    Thought,
    Call,
    Other,
}

/// An item that is read.
#[derive(Debug)]
pub(super) struct Item {
    kind: Kind,
    id: String,
    /// The call that it is.
    call: Option<Call>,
    /// The blocks of a message, by their place in it.
    parts: BTreeMap<u64, Part>,
    /// The block of a thought or a call.
    block: Option<u32>,
    /// Whether a thought comes as it is, not in summary, and the number of the piece it is at.
    step: Option<(bool, u64)>,
    /// Whether a call has arguments.
    spoke: bool,
    /// A character of which one half has come.
    pub(super) halves: Halves,
}

/// A part of a message.
#[derive(Debug)]
struct Part {
    block: u32,
    /// How many citations were told.
    citations: usize,
    spoke: bool,
}

impl Item {
    /// An item as it begins, at its place in the answer `seed` names.
    pub(super) fn new(fields: &Object<'_>, place: u64, seed: &str) -> Self {
        let kind = fields.string("type").unwrap_or_default();
        let mut item = Self::of(match kind.as_str() {
            "message" | "" => Kind::Message,
            "reasoning" => Kind::Thought,
            "function_call" | "custom_tool_call" => Kind::Call,
            _ => Kind::Other,
        });
        item.id = fields.string("id").unwrap_or_default();
        if item.kind == Kind::Call {
            item.call = {
                let place = usize::try_from(place).unwrap_or(usize::MAX);
                read_output::call(&kind, fields, place, seed, false)
            };
        }
        item
    }

    /// An item of which only the kind is known.
    pub(super) fn of(kind: Kind) -> Self {
        Self {
            kind,
            id: String::new(),
            call: None,
            parts: BTreeMap::new(),
            block: None,
            step: None,
            spoke: false,
            halves: Halves::default(),
        }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// The bytes it is known by.
    pub(super) fn kept(&self) -> usize {
        self.id.len() + self.parts.len() * size_of::<Part>()
    }

    /// Adds to a text.
    pub(super) fn text(&mut self, place: u64, text: &str, next: &mut Next<'_>) {
        if let Some(part) = self.part(place, &Opening::Text, next) {
            part.spoke = true;
            next.add(part.block, Delta::Text(text.to_owned()));
        }
    }

    /// Adds to a refusal.
    pub(super) fn refuse(&mut self, place: u64, text: &str, next: &mut Next<'_>) {
        if let Some(part) = self.part(place, &Opening::Refusal, next) {
            part.spoke = true;
            next.add(part.block, Delta::Text(text.to_owned()));
        }
    }

    /// Adds what supports a text.
    pub(super) fn cite(&mut self, place: u64, citation: Citation, next: &mut Next<'_>) {
        if let Some(part) = self.part(place, &Opening::Text, next) {
            part.citations += 1;
            next.add(part.block, Delta::Citation(citation));
        }
    }

    /// The part at a place, opened when it is not.
    fn part(&mut self, place: u64, opening: &Opening, next: &mut Next<'_>) -> Option<&mut Part> {
        if self.kind != Kind::Message || self.parts.len() >= MOST_PARTS {
            return None;
        }
        Some(self.parts.entry(place).or_insert_with(|| Part {
            block: next.open(opening.clone()),
            citations: 0,
            spoke: false,
        }))
    }

    /// Adds to a thought; what comes in another way than it began with says the same again.
    pub(super) fn think(
        &mut self,
        bare: bool,
        step: u64,
        text: &str,
        family: Family,
        next: &mut Next<'_>,
    ) {
        if self.kind != Kind::Thought {
            return;
        }
        let before = self.step;
        if before.is_some_and(|(began, _)| began != bare) {
            return;
        }
        self.step = Some((bare, step));
        let block = *self
            .block
            .get_or_insert_with(|| next.open(Opening::Thinking(Some(family))));
        if before.is_some_and(|(_, last)| last != step) {
            next.add(block, Delta::Text(BETWEEN.to_owned()));
        }
        next.add(block, Delta::Text(text.to_owned()));
    }

    /// Adds to the arguments of a call.
    pub(super) fn argue(&mut self, text: &str, next: &mut Next<'_>) {
        if let Some(block) = self.begin(next) {
            self.spoke = true;
            next.add(block, Delta::Arguments(text.to_owned()));
        }
    }

    /// The block of a call, opened when it is not.
    pub(super) fn begin(&mut self, next: &mut Next<'_>) -> Option<u32> {
        if self.block.is_none() {
            let call = self.call.clone()?;
            self.block = Some(next.open(Opening::Call(call)));
        }
        self.block
    }

    /// Tells what the whole item says and its pieces did not, and closes it.
    pub(super) fn end(&mut self, fields: &Object<'_>, said: Vec<Content>, next: &mut Next<'_>) {
        if self.kind == Kind::Message {
            self.end_message(fields, said, next);
        } else {
            for content in said {
                match content {
                    Content::Thinking(thought) => self.end_thought(thought, next),
                    Content::Call(call) => self.end_call(call, next),
                    Content::Server { family, raw } => {
                        let block = next.open(Opening::Server { family, raw });
                        next.close(block);
                    }
                    picture @ Content::Image { .. } => {
                        let block = next.open(Opening::Media(Box::new(picture)));
                        next.close(block);
                    }
                    _ => {}
                }
            }
        }
        self.close(next);
    }

    fn end_message(&mut self, fields: &Object<'_>, said: Vec<Content>, next: &mut Next<'_>) {
        // Parts without words say nothing, and count all the same.
        let places = fields.list("content").into_iter().enumerate();
        let places = places.filter(|(_, part)| {
            let part = part.object().unwrap_or_default();
            ["text", "refusal"]
                .iter()
                .any(|name| part.word(name).is_some())
        });
        for ((place, _), content) in places.zip(said) {
            let place = place as u64;
            let spoke = self.parts.get(&place).is_some_and(|part| part.spoke);
            match content {
                Content::Text { text, citations } => {
                    if !spoke {
                        self.text(place, &text, next);
                    }
                    let told = self.parts.get(&place).map_or(0, |part| part.citations);
                    for citation in citations.into_iter().skip(told) {
                        self.cite(place, citation, next);
                    }
                }
                Content::Refusal(text) if !spoke => self.refuse(place, &text, next),
                _ => {}
            }
        }
    }

    fn end_thought(&mut self, thought: Thinking, next: &mut Next<'_>) {
        let block = match (self.block, thought.secret) {
            (Some(block), secret) => {
                if let Some(secret) = secret {
                    next.add(block, Delta::Secret(secret));
                }
                return;
            }
            (None, Some(secret)) if thought.redacted => next.open(Opening::Redacted(secret)),
            (None, secret) => {
                let block = next.open(Opening::Thinking(thought.family));
                next.add(block, Delta::Text(thought.text));
                if let Some(secret) = secret {
                    next.add(block, Delta::Secret(secret));
                }
                block
            }
        };
        self.block = Some(block);
    }

    fn end_call(&mut self, call: Call, next: &mut Next<'_>) {
        let arguments = call.arguments.clone();
        if self.call.is_none() {
            self.call = Some(Call {
                arguments: String::new(),
                ..call
            });
        }
        if let Some(block) = self.begin(next)
            && !self.spoke
            && !arguments.is_empty()
        {
            next.add(block, Delta::Arguments(arguments));
        }
    }

    /// Closes what is open of it.
    pub(super) fn close(&mut self, next: &mut Next<'_>) {
        if let Some(half) = self.halves.rest() {
            let part = self.parts.values().next_back().map(|part| part.block);
            match (self.kind, self.block.or(part)) {
                (Kind::Call, Some(block)) => next.add(block, Delta::Arguments(half.into())),
                (_, Some(block)) => next.add(block, Delta::Text(half.into())),
                (_, None) => {}
            }
        }
        for (_, part) in std::mem::take(&mut self.parts) {
            next.close(part.block);
        }
        if let Some(block) = self.block.take() {
            next.close(block);
        }
    }
}
