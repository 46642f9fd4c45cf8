//! Ollama's own chat: one object a line, calls whole, arguments as objects.
//!
//! See <https://docs.ollama.com/api/chat>. Only providers speak it.

mod meter;
mod read_response;
mod read_stream;
mod write_messages;
mod write_request;

use super::peek::Layout;
use super::{Dialect, EventReader, Format, Malformed, Unsupported, Upstream, Wire, Written};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Request, Response};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Ollama;

impl Wire for Ollama {
    fn dialect(&self) -> Dialect {
        Dialect::Ollama
    }
}

impl Upstream for Ollama {
    fn spell_request(
        &self,
        request: &Request,
        target: &Abilities,
        model: &str,
    ) -> Result<Written, Unsupported> {
        write_request::write(request, target, model)
    }

    fn read_response(&self, body: &[u8], _: Family, _: &str) -> Result<Response, Malformed> {
        read_response::read(body)
    }

    fn event_reader(&self, _: Family, _: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::default())
    }
}

impl Format for Ollama {
    fn layout(&self) -> &'static Layout {
        &Layout::UNASKED
    }
}
