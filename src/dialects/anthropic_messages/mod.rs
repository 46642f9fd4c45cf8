//! Anthropic's messages.

mod meter;
mod read_blocks;
mod read_request;
mod read_response;
mod read_stream;
mod read_tools;
mod thoughtless;
mod tools_made;
mod usage;
mod write_blocks;
mod write_request;
mod write_response;
mod write_stream;
pub(super) mod write_thinking;
mod write_tools;

use std::borrow::Cow;

use super::json::Fields;
use super::peek::{Layout, Metadata, Name};
use super::{
    Client, Dialect, EventReader, EventWriter, Format, Malformed, Own, Reply, Unsupported,
    Upstream, Wire, Written, foreign, says_error, sse,
};
use crate::models::abilities::{Abilities, ThinkingOff};
use crate::models::chat::{Citation, Content, Family, Request, Response};
use crate::models::refusal::{Refusal, Situation};

/// How Anthropic says that a model cannot read so much.
const TOO_LONG: &str = "prompt is too long";

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Messages;

impl Wire for Messages {
    fn dialect(&self) -> Dialect {
        Dialect::Messages
    }

    fn status(&self, situation: Situation) -> u16 {
        situation.anthropic_status()
    }

    fn is_error(&self, event: &sse::Event<'_>) -> bool {
        // Libraries skip what has no name.
        event.name == Some("error") && says_error(event)
    }

    fn own(&self, body: &[u8], target: &Abilities) -> Option<Own> {
        let place = foreign::Place {
            list: "content",
            nothing: r#"[{"type":"text","text":"(no words)"}]"#,
        };
        let mut own = foreign::without(body, &place)?;
        if target.thinking_off != ThinkingOff::No
            && let Some(off) = thoughtless::switched_off(&own.body)
        {
            own.body = off;
            own.dropped.push("thinking".to_owned());
        }
        Some(own)
    }

    fn error_body(&self, refusal: &Refusal, request_id: &str) -> Vec<u8> {
        let mut message = Cow::Borrowed(&*refusal.message);
        // What Claude Code looks for, which then makes the conversation shorter.
        if refusal.told_code() == Some("context_length_exceeded") && !message.contains(TOO_LONG) {
            message = Cow::Owned(format!("{TOO_LONG}: {message}"));
        }
        let error = Fields::new()
            .with("type", refusal.situation.words().anthropic)
            .with("message", message);
        Fields::new()
            .with("type", "error")
            .with("error", error)
            .with("request_id", request_id)
            .bytes()
    }

    fn error_event(&self, refusal: &Refusal, request_id: &str, _: u64) -> Vec<u8> {
        let mut event = b"event: error\ndata: ".to_vec();
        event.extend(self.error_body(refusal, request_id));
        event.extend_from_slice(b"\n\n");
        event
    }

    fn keep_alive(&self) -> &'static [u8] {
        b"event: ping\ndata: {\"type\":\"ping\"}\n\n"
    }
}

impl Client for Messages {
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed> {
        read_request::read(body)
    }

    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8> {
        write_response::write(response, reply)
    }

    fn has_place(&self, content: &Content) -> bool {
        tools_made::has_place(content)
    }

    fn cites(&self, citation: &Citation) -> bool {
        write_response::citation(citation).is_some()
    }

    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter> {
        Box::new(write_stream::Writer::new(reply))
    }
}

impl Upstream for Messages {
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        write_request::write(request, target, model)
    }

    fn read_response(&self, body: &[u8], family: Family, _: &str) -> Result<Response, Malformed> {
        read_response::read(body, family)
    }

    fn event_reader(&self, family: Family, _: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::new(family))
    }
}

impl Format for Messages {
    fn layout(&self) -> &'static Layout {
        &Layout {
            names: &[Name::Model, Name::Stream, Name::MaxTokens, Name::Metadata],
            metadata: Metadata::UserId,
            asks_usage: false,
            turns: "messages",
            words: &["system"],
            shown: &["tools"],
        }
    }
}
