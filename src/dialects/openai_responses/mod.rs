//! OpenAI's responses: a conversation of items, and events that name what they add to.

mod meter;
mod read_input;
mod read_output;
mod read_parts;
mod read_request;
mod read_response;
mod read_stream;
mod read_tools;
mod stream_events;
mod stream_item;
mod stream_provided;
mod thoughts;
mod usage;
mod write_input;
mod write_output;
mod write_parts;
mod write_request;
mod write_response;
mod write_stream;
mod write_tools;

use super::json::{Fields, Json, Value};
use super::peek::{Layout, Metadata, Name};
use super::{
    Client, Dialect, EventReader, EventWriter, Format, Malformed, Own, ProviderError, Reply,
    Unsupported, Upstream, Wire, Written, errors, foreign, sse, stored,
};
use crate::models::abilities::Abilities;
use crate::models::chat::{Citation, Content, Family, Request, Response};
use crate::models::refusal::Refusal;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Responses;

impl Wire for Responses {
    fn dialect(&self) -> Dialect {
        Dialect::Responses
    }

    fn is_error(&self, _: &sse::Event<'_>) -> bool {
        // Each library looks at another of its forms: all are written anew.
        false
    }

    fn own(&self, body: &[u8], _: &Abilities) -> Option<Own> {
        foreign::without_items(body, "input")
    }

    fn read_error(&self, body: &[u8]) -> ProviderError {
        // An answer that failed has its error inside.
        let text = String::from_utf8_lossy(body);
        let root = Value::parse(text.trim()).ok().and_then(Value::object);
        let inside = root.and_then(|root| root.object("response")?.get("error"));
        match inside {
            Some(error) => errors::read(format!("{{\"error\":{}}}", error.source()).as_bytes()),
            None => errors::read(body),
        }
    }

    fn error_event(&self, refusal: &Refusal, request_id: &str, after: u64) -> Vec<u8> {
        let id = format!("resp_{}", request_id.trim_start_matches("req_"));
        let response = Fields::new()
            .with("id", id)
            .with("object", "response")
            .with("status", "failed")
            .with("error", failure(refusal))
            .with("output", Json::List(Vec::new()));
        let mut events = Vec::new();
        write_broken(refusal, response, after, &mut events);
        events
    }
}

impl Client for Responses {
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed> {
        read_request::read(body)
    }

    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8> {
        write_response::write(response, reply)
    }

    fn has_place(&self, content: &Content) -> bool {
        write_output::has_place(content)
    }

    fn cites(&self, citation: &Citation) -> bool {
        write_output::annotation(citation, 0).is_some()
    }

    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter> {
        Box::new(write_stream::Writer::new(reply))
    }
}

impl Upstream for Responses {
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        if request.family == Family::Google {
            stored::refuse(request)?;
        }
        write_request::write(request, target, model)
    }

    fn read_response(
        &self,
        body: &[u8],
        family: Family,
        call: &str,
    ) -> Result<Response, Malformed> {
        read_response::read(body, family, call)
    }

    fn supports_at(&self, text: &str) -> String {
        format!("{text}.annotations")
    }

    fn event_reader(&self, family: Family, call: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::new(family, call))
    }
}

/// What is wrong, as error answers and error events have it.
fn error(refusal: &Refusal) -> Fields<'_> {
    Fields::new()
        .with("message", &refusal.message)
        .with("type", refusal.told_kind())
        .with("param", refusal.param.as_deref())
        .with("code", refusal.told_code())
}

/// What is wrong, as an answer that failed has it.
fn failure(refusal: &Refusal) -> Fields<'_> {
    Fields::new()
        .with("code", refusal.told_code().unwrap_or("server_error"))
        .with("message", &refusal.message)
}

/// The events that tell a client that its stream broke: some libraries look at one of them only,
/// some for its words beside the type, some for those in an object.
fn write_broken(refusal: &Refusal, response: Fields<'_>, number: u64, out: &mut Vec<u8>) {
    let told = Fields::new()
        .with("type", "error")
        .with("code", refusal.told_code())
        .with("message", &refusal.message)
        .with("param", refusal.param.as_deref())
        .with("sequence_number", number)
        .with("error", error(refusal));
    send("error", &Json::Object(told), out);
    let failed = Fields::new()
        .with("type", "response.failed")
        .with("sequence_number", number.saturating_add(1))
        .with("response", response);
    send("response.failed", &Json::Object(failed), out);
}

fn send(name: &str, data: &Json<'_>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    data.write(out);
    out.extend_from_slice(b"\n\n");
}

impl Format for Responses {
    fn layout(&self) -> &'static Layout {
        &Layout {
            names: &[
                Name::Model,
                Name::Stream,
                Name::MaxOutputTokens,
                Name::User,
                Name::SafetyIdentifier,
                Name::Metadata,
            ],
            metadata: Metadata::Tags,
            asks_usage: false,
            turns: "input",
            words: &["instructions"],
            shown: &["tools"],
        }
    }
}
