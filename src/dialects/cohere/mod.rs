//! Cohere's chat, version 2.
//!
//! See <https://docs.cohere.com/reference/chat>. Only providers speak it.

mod meter;
mod read_response;
mod read_stream;
mod usage;
mod write_messages;
mod write_request;

use super::peek::Layout;
use super::{Dialect, EventReader, Format, Malformed, Unsupported, Upstream, Wire, Written};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Request, Response};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Cohere;

impl Wire for Cohere {
    fn dialect(&self) -> Dialect {
        Dialect::Cohere
    }
}

impl Upstream for Cohere {
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

    fn supports_at(&self, _: &str) -> String {
        "message.citations".to_owned()
    }

    fn event_reader(&self, _: Family, _: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::default())
    }
}

impl Format for Cohere {
    fn layout(&self) -> &'static Layout {
        &Layout::UNASKED
    }
}
