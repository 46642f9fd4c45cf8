//! OpenAI's legacy completions: a text that is to be continued.
//!
//! Passed through to providers that have them; elsewhere the text becomes the one turn of a
//! conversation. No provider is reached in this format from another.

mod read;
mod write;

use super::meter::{Mark, Meter, Plain, Reads};
use super::openai_chat::Chat;
use super::peek::{Layout, Metadata, Name};
use super::scan::{self, Fault, Items, Scan};
use super::sse::Event;
use super::usage::{Counts, Figures, Found, Told};
use super::{Client, Dialect, EventWriter, Format, Malformed, Reply, Wire};
use crate::models::chat::{Content, Request, Response};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Completions;

/// How many answers are asked for: each prompt gets its own.
pub fn answers(body: &[u8], each: u32) -> u32 {
    let prompts = scan::field(body, "prompt").map_or(1, |prompt| {
        let lists = |item: &&[u8]| matches!(item.first(), Some(b'"' | b'['));
        Items::of(prompt).filter(lists).count().max(1)
    });
    each.saturating_mul(u32::try_from(prompts).unwrap_or(u32::MAX))
}

impl Wire for Completions {
    fn dialect(&self) -> Dialect {
        Dialect::Completions
    }
}

impl Client for Completions {
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed> {
        read::request(body)
    }

    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8> {
        write::response(response, reply)
    }

    fn has_place(&self, content: &Content) -> bool {
        // A text that goes on has no more than words.
        matches!(
            content,
            Content::Text { .. } | Content::Refusal(_) | Content::Thinking(_)
        )
    }

    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter> {
        Box::new(write::Writer::new(reply))
    }
}

impl Format for Completions {
    fn layout(&self) -> &'static Layout {
        &Layout {
            names: &[
                Name::Model,
                Name::Stream,
                Name::StreamOptions,
                Name::N,
                Name::MaxTokens,
                Name::User,
            ],
            metadata: Metadata::Tags,
            asks_usage: true,
            turns: "",
            words: &["prompt", "suffix"],
            shown: &[],
        }
    }
}

/// Its answers are those of chat, with `text` in the place of a message.
impl Reads for Completions {
    fn selects(&self, raw: &[u8]) -> bool {
        Chat.selects(raw)
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        Chat.event(meter, event)
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        Chat.plain(meter, body)
    }

    fn text(&self, data: &[u8], out: &mut String) {
        for choice in scan::field(data, "choices")
            .map(Items::of)
            .into_iter()
            .flatten()
        {
            if let Some(text) = scan::field(choice, "text").and_then(scan::text) {
                out.push_str(&text);
            }
        }
    }

    fn tells_choices_apart(&self) -> bool {
        true
    }
}

impl Counts for Completions {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        Chat.figure(found, name, scan, depth)
    }

    fn told(&self, figures: &Figures) -> Told {
        Chat.told(figures)
    }
}

#[cfg(test)]
mod tests;
