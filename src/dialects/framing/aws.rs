//! The event streams of AWS: binary frames with checksums, headers and a payload of JSON.
//!
//! What the service calls an event becomes one of that name. A chunk holds an event of the model's
//! own format in base64, which becomes what it would have been at the model's maker.

use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::Message;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};

use super::{Framing, broken, event, unreadable};
use crate::dialects::scan;
use crate::dialects::sse::LARGEST;

/// The bytes of a frame around its headers and its payload.
const AROUND: usize = 16;

/// Makes an event of each frame.
#[derive(Debug, Default)]
pub(super) struct Frames {
    kept: BytesMut,
    broken: bool,
}

impl Framing for Frames {
    fn events(&mut self, chunk: &[u8]) -> Bytes {
        if self.broken {
            return Bytes::new();
        }
        self.kept.extend_from_slice(chunk);
        let mut out = Vec::with_capacity(chunk.len());
        while let Some(read) = self.next() {
            let (event, last) = match read {
                Ok(message) => told(&message),
                Err(Unreadable) => (unreadable(), true),
            };
            out.extend(event);
            if last {
                self.broken = true;
                self.kept = BytesMut::new();
                break;
            }
        }
        out.into()
    }

    fn rest(&mut self) -> Bytes {
        self.kept = BytesMut::new();
        Bytes::new()
    }
}

/// Bytes that are no frame.
struct Unreadable;

impl Frames {
    /// The next frame; `None` when more bytes are needed.
    fn next(&mut self) -> Option<Result<Message, Unreadable>> {
        let length = self.kept.first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        if !(AROUND..=LARGEST).contains(&length) {
            return Some(Err(Unreadable));
        }
        if self.kept.len() < length {
            return None;
        }
        let frame = self.kept.split_to(length).freeze();
        Some(read_message_from(frame).map_err(|_| Unreadable))
    }
}

/// The event of a frame, and whether nothing may follow it.
fn told(message: &Message) -> (Vec<u8>, bool) {
    match header(message, ":message-type") {
        Some("event") => match payload(message) {
            Some(event) => (event, false),
            None => (unreadable(), true),
        },
        Some("exception") => {
            let kind = header(message, ":exception-type").unwrap_or("exception");
            let words = scan::field(message.payload(), "message").and_then(scan::text);
            (exception(kind, words.as_deref()), true)
        }
        Some("error") => {
            let kind = header(message, ":error-code").unwrap_or("error");
            (exception(kind, header(message, ":error-message")), true)
        }
        _ => (unreadable(), true),
    }
}

fn header<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let headers = message.headers().iter();
    let value = headers
        .filter(|header| header.name().as_str() == name)
        .find_map(|header| header.value().as_string().ok())?;
    Some(value.as_str())
}

/// What an event says; `None` when it is none.
fn payload(message: &Message) -> Option<Vec<u8>> {
    let kind = header(message, ":event-type")?;
    let payload = message.payload();
    if !is_name(kind) || !scan::is_json(payload) {
        return None;
    }
    if kind != "chunk" {
        return Some(event(kind, payload));
    }
    let bytes = scan::field(payload, "bytes").and_then(scan::text)?;
    let inner = STANDARD.decode(bytes.as_bytes()).ok()?;
    if !scan::is_json(&inner) {
        return None;
    }
    let kind = scan::field(&inner, "type").and_then(scan::text);
    let kind = kind.as_deref().filter(|kind| is_name(kind));
    Some(event(kind.unwrap_or_default(), &inner))
}

/// Whether a word may stand as an event's name.
fn is_name(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What a failure in the middle of a stream is called at Anthropic, whose clients may see it.
fn exception(kind: &str, message: Option<&str>) -> Vec<u8> {
    let word = match kind {
        "throttlingException" | "serviceUnavailableException" | "modelNotReadyException" => {
            "overloaded_error"
        }
        "validationException" => "invalid_request_error",
        "modelTimeoutException" => "timeout_error",
        _ => "api_error",
    };
    let message = message.filter(|message| !message.is_empty());
    broken(
        word,
        Some(kind),
        message.unwrap_or("the provider broke off its answer"),
    )
}
