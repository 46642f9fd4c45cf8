//! The meter's view of Cohere's chat.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Cohere;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Items};
use crate::dialects::sse::Event;

/// How the events begin that are most of every stream.
const DELTAS: [&[u8]; 3] = [
    b"event: content-delta\n",
    b"event: tool-call-delta\n",
    b"event: tool-plan-delta\n",
];

/// What an event that ends or breaks an answer has in it.
static ENDS: LazyLock<[Finder<'static>; 2]> =
    LazyLock::new(|| ["\"message-end\"", "\"error\""].map(Finder::new));

impl Reads for Cohere {
    fn selects(&self, raw: &[u8]) -> bool {
        !is_closed(raw)
            || !DELTAS.iter().any(|start| raw.starts_with(start))
            || ENDS.iter().any(|words| words.find(raw).is_some())
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let mut mark = Mark::default();
        let data = event.data.trim_ascii();
        if data.is_empty() || data == b"[DONE]" {
            mark.end = !data.is_empty();
            return mark;
        }
        if data.first() != Some(&b'{') || !scan::is_json(data) {
            mark.error = true;
            return mark;
        }
        let kind = scan::field(data, "type").and_then(scan::text);
        match kind.as_deref().unwrap_or_default() {
            "message-start" => meter.sees(0),
            "content-start" | "content-delta" | "tool-plan-delta" | "tool-call-start"
                if !meter.has_content() =>
            {
                let message = scan::field(data, "delta").and_then(|d| scan::field(d, "message"));
                mark.content = message.is_some_and(says);
            }
            "message-end" => {
                let delta = scan::field(data, "delta").unwrap_or_default();
                let reason = scan::field(delta, "finish_reason").unwrap_or_default();
                mark.error = matches!(reason, b"\"ERROR\"" | b"\"TIMEOUT\"")
                    || scan::field(delta, "error").is_some_and(says_something);
                if let Some(usage) = scan::field(delta, "usage").filter(|u| u.starts_with(b"{")) {
                    meter.used(usage, true);
                }
                if !mark.error {
                    meter.finishes(0);
                    mark.finish = true;
                    mark.end = true;
                }
            }
            "" => mark.error = scan::field(data, "message").is_some(),
            _ => {}
        }
        mark.error |=
            event.name == Some("error") || scan::field(data, "error").is_some_and(says_something);
        mark
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        if body.trim_ascii_start().first() != Some(&b'{') || !scan::is_json(body) {
            return None;
        }
        let message = scan::field(body, "message").unwrap_or_default();
        if !message.starts_with(b"{") {
            return Some(if says_something(message) {
                Plain::Error
            } else {
                Plain::Unreadable
            });
        }
        meter.sees(0);
        let reason = scan::field(body, "finish_reason");
        if reason.is_some_and(says_something) {
            meter.finishes(0);
        }
        if let Some(usage) = scan::field(body, "usage").filter(|usage| usage.starts_with(b"{")) {
            meter.used(usage, true);
        }
        Some(Plain::Answer)
    }

    fn text(&self, data: &[u8], out: &mut String) {
        let message = scan::field(data, "message").unwrap_or_default();
        let mut push = |value: Option<&[u8]>| out.extend(value.and_then(scan::text).as_deref());
        push(scan::field(message, "tool_plan"));
        for part in Items::of(scan::field(message, "content").unwrap_or_default()) {
            push(scan::field(part, "thinking"));
            push(scan::field(part, "text"));
        }
        for call in Items::of(scan::field(message, "tool_calls").unwrap_or_default()) {
            let function = scan::field(call, "function").unwrap_or_default();
            push(scan::field(function, "name"));
            push(scan::field(function, "arguments"));
        }
    }
}

/// Whether a piece of a message says anything.
fn says(message: &[u8]) -> bool {
    let content = scan::field(message, "content").unwrap_or_default();
    scan::field(message, "tool_plan").is_some_and(says_something)
        || scan::field(message, "tool_calls").is_some_and(says_something)
        || ["text", "thinking"]
            .iter()
            .filter_map(|name| scan::field(content, name))
            .any(says_something)
}
