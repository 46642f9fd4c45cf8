//! Answers, written: what is said becomes the continued text.

use std::collections::HashMap;

use crate::dialects::json::{Fields, Json};
use crate::dialects::openai_chat::fields::{finish, usage};
use crate::dialects::{EventWriter, Reply};
use crate::models::chat::{Content, Response, Stop};
use crate::models::streaming::{Delta, Event, Opening};
use crate::models::usage::Tokens;

pub(super) fn response(response: &Response, reply: &Reply) -> Vec<u8> {
    let choices: Vec<Json<'_>> = response
        .choices
        .iter()
        .map(|choice| {
            let words = choice
                .blocks
                .iter()
                .filter_map(|block| match &block.content {
                    Content::Text { text, .. } | Content::Refusal(text) => Some(text.as_str()),
                    _ => None,
                });
            let words: String = words.collect();
            piece(choice.index, words, Some(word(choice.stop.as_ref())))
        })
        .collect();
    let answer = Fields::new()
        .with("id", format!("cmpl-{}", reply.id))
        .with("object", "text_completion")
        .with("created", response.created.unwrap_or(reply.created))
        .with("model", &reply.model)
        .with("choices", choices)
        .maybe("usage", response.usage.as_ref().map(usage));
    answer.bytes()
}

/// Writes chunks.
pub(super) struct Writer {
    reply: Reply,
    usage: Option<Tokens>,
    /// Answers in order of their first appearance, as clients number them.
    order: Vec<u32>,
    /// Which blocks are words, by answer and place.
    words: HashMap<(u32, u32), bool>,
}

impl Writer {
    pub(super) fn new(reply: Reply) -> Self {
        Self {
            reply,
            usage: None,
            order: Vec::new(),
            words: HashMap::new(),
        }
    }

    fn number(&mut self, choice: u32) -> u32 {
        let known = self.order.iter().position(|known| *known == choice);
        let place = known.unwrap_or_else(|| {
            self.order.push(choice);
            self.order.len() - 1
        });
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    fn chunk(&self, choices: Vec<Json<'_>>, last: bool, out: &mut Vec<u8>) {
        let mut chunk = Fields::new()
            .with("id", format!("cmpl-{}", self.reply.id))
            .with("object", "text_completion")
            .with("created", self.reply.created)
            .with("model", &self.reply.model)
            .with("choices", choices);
        if self.reply.include_usage {
            let tokens = self.usage.as_ref().filter(|_| last).map(usage);
            chunk.put("usage", tokens);
        }
        out.extend_from_slice(b"data: ");
        Json::Object(chunk).write(out);
        out.extend_from_slice(b"\n\n");
    }
}

impl EventWriter for Writer {
    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start(start) => self.usage.clone_from(&start.usage),
            Event::Open {
                choice,
                block,
                opening,
            } => {
                let words = matches!(opening, Opening::Text | Opening::Refusal);
                self.words.insert((*choice, *block), words);
            }
            Event::Delta {
                choice,
                block,
                delta: Delta::Text(text),
            } if self.words.get(&(*choice, *block)) == Some(&true) => {
                let number = self.number(*choice);
                self.chunk(vec![piece(number, text.clone(), None)], false, out);
            }
            Event::Close { choice, block } => {
                self.words.remove(&(*choice, *block));
            }
            Event::Stop { choice, stop } => {
                let number = self.number(*choice);
                let end = piece(number, String::new(), Some(word(Some(stop))));
                self.chunk(vec![end], false, out);
            }
            Event::Usage(tokens) => self.usage = Some(tokens.clone()),
            Event::End => {
                if self.reply.include_usage {
                    self.chunk(Vec::new(), true, out);
                }
                out.extend_from_slice(b"data: [DONE]\n\n");
            }
            _ => {}
        }
    }
}

/// Why it ended; a refusal must not look like a complete text.
fn word(stop: Option<&Stop>) -> &'static str {
    match stop {
        Some(Stop::Refusal) => "content_filter",
        stop => finish(stop, false, false),
    }
}

fn piece(index: u32, text: String, finish: Option<&'static str>) -> Json<'static> {
    Fields::new()
        .with("text", text)
        .with("index", index)
        .with("logprobs", Json::Null)
        .with("finish_reason", finish)
        .into()
}
