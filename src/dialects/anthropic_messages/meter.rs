//! The meter's view of Anthropic's messages.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Messages;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Fields, Items};
use crate::dialects::sse::Event;

/// The words that select an event: `message_start`, `message_delta`, `message_stop`, `error`.
static MESSAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"message_"));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

impl Reads for Messages {
    fn selects(&self, raw: &[u8]) -> bool {
        /// How Anthropic itself begins the event that is most of every stream.
        const DELTA: &[u8] =
            b"event: content_block_delta\ndata: {\"type\":\"content_block_delta\",";
        if raw.starts_with(DELTA) {
            return !is_closed(raw);
        }
        // What is called otherwise, or not at all, may be anything: libraries skip it.
        !raw.starts_with(b"event: content_block_")
            || !is_closed(raw)
            || MESSAGE.find(raw).is_some()
            || ERROR.find(raw).is_some()
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let mut mark = Mark::default();
        let data = event.data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            return mark;
        }
        if data.first() != Some(&b'{') || !scan::is_json(data) {
            mark.error = true;
            return mark;
        }
        let stated = scan::field(data, "type").and_then(scan::text);
        match stated.as_deref().or(event.name).unwrap_or_default() {
            "message_start" => {
                meter.sees(0);
                if let Some(message) = scan::field(data, "message") {
                    if let Some(model) = scan::field(message, "model") {
                        meter.named(model);
                    }
                    if let Some(usage) = scan::field(message, "usage") {
                        meter.used(usage, false);
                    }
                }
            }
            "content_block_start" if !meter.has_content() => {
                mark.content = scan::field(data, "content_block").is_some_and(begins_with_content);
            }
            "content_block_delta" if !meter.has_content() => {
                mark.content = scan::field(data, "delta").is_some_and(|delta| {
                    has_any(delta, |name, value| {
                        name != b"type" && says_something(value)
                    })
                });
            }
            "message_delta" => {
                if let Some(usage) =
                    scan::field(data, "usage").filter(|usage| usage.starts_with(b"{"))
                {
                    meter.used(usage, true);
                }
                let reason = scan::field(data, "delta").and_then(|d| scan::field(d, "stop_reason"));
                if reason.is_some_and(says_something) {
                    meter.finishes(0);
                    mark.finish = true;
                }
            }
            "message_stop" => {
                // Bedrock counts once more, for models that told nothing.
                if !meter.complete()
                    && let Some(metrics) = scan::field(data, "amazon-bedrock-invocationMetrics")
                {
                    meter.used(metrics, true);
                }
                mark.end = true;
            }
            "error" => mark.error = true,
            "content_block_start" | "content_block_delta" | "content_block_stop" | "ping" => {}
            _ => {
                mark.error = event.name == Some("error")
                    || scan::field(data, "error").is_some_and(says_something);
            }
        }
        mark
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let mut fields = Fields::of(body).ok()??;
        let (mut answer, mut error) = (false, false);
        while let Some(field) = fields.next().ok()? {
            let value = field.value;
            match field.name {
                b"type" => error |= value == b"\"error\"",
                b"error" => error |= says_something(value),
                b"model" => meter.named(value),
                b"usage" if value.first() == Some(&b'{') => meter.used(value, true),
                b"content" => answer |= value.first() == Some(&b'['),
                b"stop_reason" if says_something(value) => meter.finishes(0),
                _ => {}
            }
        }
        meter.sees(0);
        Some(Plain::found(error, answer))
    }

    fn text(&self, data: &[u8], out: &mut String) {
        for name in ["delta", "content_block"] {
            if let Some(piece) = scan::field(data, name) {
                block_text(piece, out);
            }
        }
        if let Some(content) = scan::field(data, "content") {
            for block in Items::of(content) {
                block_text(block, out);
            }
        }
    }
}

/// Whether an opening block says something already: a call, hidden thinking, a tool's result.
fn begins_with_content(block: &[u8]) -> bool {
    let kind = scan::field(block, "type").and_then(scan::text);
    match kind.as_deref() {
        Some("text") => scan::field(block, "text").is_some_and(says_something),
        Some("thinking") => scan::field(block, "thinking").is_some_and(says_something),
        _ => true,
    }
}

fn has_any(object: &[u8], wanted: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    let Ok(Some(mut fields)) = Fields::of(object) else {
        return false;
    };
    while let Ok(Some(field)) = fields.next() {
        if wanted(field.name, field.value) {
            return true;
        }
    }
    false
}

fn block_text(block: &[u8], out: &mut String) {
    let Ok(Some(mut fields)) = Fields::of(block) else {
        return;
    };
    while let Ok(Some(field)) = fields.next() {
        match field.name {
            b"text" | b"thinking" | b"partial_json" | b"name" => {
                if let Some(text) = scan::text(field.value) {
                    out.push_str(&text);
                }
            }
            // A whole call's arguments; in a stream they are empty and come in pieces.
            b"input" if says_something(field.value) => {
                out.push_str(&String::from_utf8_lossy(field.value));
            }
            _ => {}
        }
    }
}
