//! Amazon Bedrock's Converse: one format for the models of many makers.
//!
//! See <https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html>. Only
//! providers speak it; the model and whether the answer is a stream stand in the address.

mod meter;
mod read_response;
mod read_stream;
mod usage;
mod write_blocks;
mod write_request;
mod write_tools;

use super::peek::Layout;
use super::{Dialect, EventReader, Format, Malformed, Unsupported, Upstream, Wire, Written};
use crate::models::abilities::Abilities;
use crate::models::chat::{Family, Request, Response};

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Converse;

impl Wire for Converse {
    fn dialect(&self) -> Dialect {
        Dialect::Converse
    }
}

impl Upstream for Converse {
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

    fn supports_at(&self, text: &str) -> String {
        format!("{text}.citationsContent.citations")
    }

    fn event_reader(&self, family: Family, _: &str) -> Box<dyn EventReader> {
        Box::new(read_stream::Reader::new(family))
    }
}

impl Format for Converse {
    fn layout(&self) -> &'static Layout {
        &Layout::UNASKED
    }
}
