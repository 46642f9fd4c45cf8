//! What a stream comes in, where that is not server-sent events.
//!
//! From a provider, bytes go in as they came and server-sent events come out, so that the splitter,
//! the meter and the readers need to know nothing else. What cannot be read becomes one event that
//! says the stream is broken, and nothing follows it. For some of Google's clients, events become
//! an array.

mod array;
mod aws;
mod lines;

use std::fmt;

use bytes::Bytes;

use super::Dialect;
use super::json::Fields;

pub use self::array::ArrayWriter;

/// Turns what a provider sends into server-sent events.
pub trait Framing: fmt::Debug + Send {
    /// The events that are complete with these bytes, perhaps none.
    fn events(&mut self, chunk: &[u8]) -> Bytes;

    /// The event in what is left at the end of the stream; what was cut is none.
    fn rest(&mut self) -> Bytes;
}

/// What takes a provider's stream apart; `None` where it comes as server-sent events.
pub fn of(dialect: Dialect, content_type: &str) -> Option<Box<dyn Framing>> {
    let kind = content_type.split(';').next().unwrap_or("").trim();
    if kind.eq_ignore_ascii_case("application/vnd.amazon.eventstream") {
        return Some(Box::new(aws::Frames::default()));
    }
    if kind.eq_ignore_ascii_case("text/event-stream") {
        return None;
    }
    match dialect {
        Dialect::Ollama => Some(Box::new(lines::Lines::default())),
        Dialect::Converse => Some(Box::new(aws::Frames::default())),
        _ => None,
    }
}

/// The event that says that a stream is broken, in a form that every dialect takes for one.
fn broken(kind: &str, code: Option<&str>, message: &str) -> Vec<u8> {
    let error = Fields::new()
        .with("type", kind)
        .maybe("code", code)
        .with("message", message);
    let data = Fields::new().with("type", "error").with("error", error);
    event("error", &data.bytes())
}

/// What is told of bytes that mean nothing.
fn unreadable() -> Vec<u8> {
    let message = "the provider sent something that is no event";
    broken("api_error", None, message)
}

/// An event with a name. Between the tokens of JSON a line break is a space.
fn event(name: &str, data: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(name.len() + data.len() + 17);
    if !name.is_empty() {
        event.extend_from_slice(b"event: ");
        event.extend_from_slice(name.as_bytes());
        event.push(b'\n');
    }
    event.extend_from_slice(b"data: ");
    let start = event.len();
    event.extend_from_slice(data);
    for byte in &mut event[start..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    event.extend_from_slice(b"\n\n");
    event
}

#[cfg(test)]
mod tests;
