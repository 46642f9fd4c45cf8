//! Google's `generateContent`.
//!
//! The model, and whether the answer comes in pieces, stand in the address and not in the body.
//! Google's servers take each name in two spellings (`generationConfig`, `generation_config`), so
//! both are read; the first is written.

mod arguments;
mod citations;
mod fields;
mod logprobs;
mod meter;
mod named;
mod own;
mod read_config;
mod read_contents;
mod read_parts;
mod read_request;
mod read_response;
mod read_results;
mod read_stream;
mod read_tools;
mod signatures;
mod stream_choice;
mod usage;
mod write_contents;
mod write_media;
mod write_parts;
mod write_request;
mod write_response;
mod write_results;
mod write_stream;
mod write_thinking;
mod write_tools;

use super::json::{Fields, Json};
use super::peek::{Layout, Metadata, Name};
use super::{
    Client, Dialect, EventReader, EventWriter, Format, Malformed, Own, Reply, Unsupported,
    Upstream, Wire, Written, recall,
};
use crate::models::abilities::Abilities;
use crate::models::chat::{Content, Family, Request, Response};
use crate::models::refusal::Refusal;

pub(super) use fields::camel;
pub use named::named;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Gemini;

impl Wire for Gemini {
    fn counted(&self) -> &'static str {
        "totalTokens"
    }

    fn dialect(&self) -> Dialect {
        Dialect::Gemini
    }

    fn error_body(&self, refusal: &Refusal, request_id: &str) -> Vec<u8> {
        error(refusal, refusal.situation.words().status, request_id)
    }

    fn error_event(&self, refusal: &Refusal, request_id: &str, _: u64) -> Vec<u8> {
        let mut event = b"data: ".to_vec();
        event.extend(error(refusal, refusal.situation.google_code(), request_id));
        event.extend_from_slice(b"\r\n\r\n");
        event
    }

    fn own(&self, body: &[u8], target: &Abilities) -> Option<Own> {
        own::without_foreign_secrets(body, target.signed_calls)
    }

    fn keep_alive(&self) -> &'static [u8] {
        // A comment makes Google's libraries fail.
        b"\r\n"
    }
}

impl Client for Gemini {
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed> {
        read_request::read(body)
    }

    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8> {
        write_response::write(response, reply)
    }

    fn has_place(&self, content: &Content) -> bool {
        write_response::has_place(content)
    }

    fn unsayable(&self, response: &Response, reply: &Reply) -> Option<String> {
        let response = recall::response(response, &reply.memory);
        let choices = response.choices.iter();
        let mut blocks =
            choices.flat_map(|choice| choice.blocks.iter().map(move |it| (choice, it)));
        blocks.find_map(|(choice, block)| match &block.content {
            Content::Call(call) if arguments::object(call).0.is_none() => {
                arguments::unsayable(call, choice.stop.as_ref())
            }
            _ => None,
        })
    }

    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter> {
        Box::new(write_stream::Writer::new(reply))
    }
}

impl Upstream for Gemini {
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        write_request::write(request, target, model)
    }

    fn to_be_counted(&self, body: Vec<u8>, model: &str) -> Vec<u8> {
        // The operator's words and the tools count only inside a whole request, which names its
        // model.
        let named = Json::from(model).to_text();
        let mut whole = format!("{{\"generateContentRequest\":{{\"model\":{named},").into_bytes();
        whole.extend_from_slice(body.strip_prefix(b"{").unwrap_or(&body));
        whole.push(b'}');
        whole
    }

    fn read_response(&self, body: &[u8], _: Family, call: &str) -> Result<Response, Malformed> {
        read_response::read(body, call)
    }

    fn event_reader(&self, _: Family, call: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::new(call))
    }
}

/// Google's envelope.
fn error(refusal: &Refusal, code: u16, request_id: &str) -> Vec<u8> {
    const DETAIL: &str = "@type";
    let mut details: Vec<Json<'_>> = vec![
        Fields::new()
            .with(DETAIL, "type.googleapis.com/google.rpc.RequestInfo")
            .with("requestId", request_id)
            .into(),
    ];
    if let Some(param) = &refusal.param {
        let violation = Fields::new()
            .with("field", param)
            .with("description", &refusal.message);
        details.push(
            Fields::new()
                .with(DETAIL, "type.googleapis.com/google.rpc.BadRequest")
                .with("fieldViolations", vec![violation.into()])
                .into(),
        );
    }
    if let Some(wait) = refusal.retry_after {
        details.push(
            Fields::new()
                .with(DETAIL, "type.googleapis.com/google.rpc.RetryInfo")
                .with("retryDelay", format!("{}s", wait.as_secs().max(1)))
                .into(),
        );
    }
    let error = Fields::new()
        .with("code", u64::from(code))
        .with("message", &refusal.message)
        .with("status", refusal.situation.words().google)
        .with("details", details);
    Fields::new().with("error", error).bytes()
}

impl Format for Gemini {
    fn layout(&self) -> &'static Layout {
        &Layout {
            names: &[Name::GenerationConfig, Name::Labels],
            metadata: Metadata::Tags,
            asks_usage: false,
            turns: "contents",
            words: &["systemInstruction", "system_instruction"],
            shown: &["tools"],
        }
    }
}
