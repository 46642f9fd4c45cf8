//! Anthropic's messages.

use super::{EventReader, EventWriter, Malformed, Reply, Unsupported, Wire, Written, sse};
use crate::models::abilities::Abilities;
use crate::models::chat::{Request, Response};
use crate::models::refusal::Refusal;
use crate::models::streaming::Event;

/// The dialect.
#[derive(Debug, Clone, Copy)]
pub struct Messages;

struct Nothing;

impl EventReader for Nothing {
    fn read(&mut self, _: &sse::Event<'_>, _: &mut Vec<Event>) {}
    fn finish(&mut self, _: &mut Vec<Event>) {}
}

impl EventWriter for Nothing {
    fn write(&mut self, _: &Event, _: &mut Vec<u8>) {}
}

impl Wire for Messages {
    fn read_request(&self, _: &[u8]) -> Result<Request, Malformed> {
        Err(Malformed::new("not read yet"))
    }
    fn write_request(&self, _: &Request, _: &Abilities, _: &str) -> Result<Written, Unsupported> {
        Ok(Written::default())
    }
    fn read_response(&self, _: &[u8]) -> Result<Response, Malformed> {
        Err(Malformed::new("not read yet"))
    }
    fn write_response(&self, _: &Response, _: &Reply) -> Vec<u8> {
        Vec::new()
    }
    fn event_reader(&self) -> Box<dyn EventReader> {
        Box::new(Nothing)
    }
    fn event_writer(&self, _: Reply) -> Box<dyn EventWriter> {
        Box::new(Nothing)
    }
    fn error_body(&self, _: &Refusal, _: &str) -> Vec<u8> {
        Vec::new()
    }
    fn error_event(&self, _: &Refusal, _: &str) -> Vec<u8> {
        Vec::new()
    }
    fn keep_alive(&self) -> &'static [u8] {
        b": keep-alive\n\n"
    }
}
