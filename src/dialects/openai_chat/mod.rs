//! OpenAI's chat completions, and the many servers that speak them with words of their own.

mod annotations;
mod attached;
mod balance;
mod details;
pub(super) mod fields;
mod meter;
mod read_messages;
mod read_request;
mod read_response;
mod read_stream;
mod read_tools;
mod stream_choice;
pub(super) mod usage;
mod write_messages;
mod write_parts;
mod write_request;
mod write_response;
mod write_stream;
mod write_tools;

use super::json::Fields;
use super::peek::{Layout, Metadata, Name};
use super::{
    Client, Dialect, EventReader, EventWriter, Format, Malformed, Own, Reply, Unsupported,
    Upstream, Wire, Written, foreign,
};
use crate::models::abilities::Abilities;
use crate::models::chat::{Content, Family, Request, Response};
use crate::models::refusal::Refusal;

pub(super) use read_request::{cache, cache_mark, end_user, wrong};
pub(super) use read_tools::arguments;
pub(super) use write_response::served;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Chat;

impl Wire for Chat {
    fn dialect(&self) -> Dialect {
        Dialect::Chat
    }

    fn own(&self, body: &[u8], _: &Abilities) -> Option<Own> {
        let place = foreign::Place {
            list: "reasoning_details",
            nothing: "[]",
        };
        foreign::without(body, &place)
    }
}

impl Client for Chat {
    fn read_request(&self, body: &[u8]) -> Result<Request, Malformed> {
        read_request::read(body)
    }

    fn write_response(&self, response: &Response, reply: &Reply) -> Vec<u8> {
        write_response::write(response, reply)
    }

    fn has_place(&self, content: &Content) -> bool {
        attached::has_place(content)
    }

    fn event_writer(&self, reply: Reply) -> Box<dyn EventWriter> {
        Box::new(write_stream::Writer::new(reply))
    }
}

impl Upstream for Chat {
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        write_request::write(request, target, model)
    }

    fn read_response(&self, body: &[u8], _: Family, call: &str) -> Result<Response, Malformed> {
        read_response::read(body, call)
    }

    fn event_reader(&self, _: Family, call: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::new(call))
    }
}

impl Format for Chat {
    fn layout(&self) -> &'static Layout {
        &Layout {
            names: &[
                Name::Model,
                Name::Stream,
                Name::StreamOptions,
                Name::N,
                Name::MaxTokens,
                Name::MaxCompletionTokens,
                Name::User,
                Name::SafetyIdentifier,
                Name::Metadata,
            ],
            metadata: Metadata::Tags,
            asks_usage: true,
            turns: "messages",
            words: &[],
            shown: &["tools", "functions"],
        }
    }
}

/// An error in OpenAI's envelope.
pub(super) fn error_body(refusal: &Refusal) -> Vec<u8> {
    let error = Fields::new()
        .with("message", &refusal.message)
        .with("type", refusal.told_kind())
        .with("param", refusal.param.as_deref())
        .with("code", refusal.told_code());
    Fields::new().with("error", error).bytes()
}
