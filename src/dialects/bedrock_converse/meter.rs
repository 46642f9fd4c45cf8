//! The meter's view of Converse.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Converse;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Fields, Items};
use crate::dialects::sse::Event;

static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

impl Reads for Converse {
    fn selects(&self, raw: &[u8]) -> bool {
        !raw.starts_with(b"event: contentBlock") || !is_closed(raw) || ERROR.find(raw).is_some()
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let mut mark = Mark::default();
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return mark;
        }
        if data.first() != Some(&b'{') || !scan::is_json(data) {
            mark.error = true;
            return mark;
        }
        match event.name.unwrap_or_default() {
            "messageStart" => meter.sees(0),
            "contentBlockStart" if !meter.has_content() => {
                mark.content = scan::field(data, "start").is_some_and(says_something);
            }
            "contentBlockDelta" if !meter.has_content() => {
                mark.content = scan::field(data, "delta").is_some_and(says);
            }
            "messageStop" => {
                meter.finishes(0);
                mark.finish = true;
            }
            "metadata" => {
                if let Some(usage) = scan::field(data, "usage").filter(|u| u.starts_with(b"{")) {
                    meter.used(usage, true);
                }
                mark.end = meter.finished();
            }
            "contentBlockStart" | "contentBlockDelta" | "contentBlockStop" => {}
            name => {
                mark.error =
                    name == "error" || scan::field(data, "error").is_some_and(says_something);
            }
        }
        mark
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let mut fields = Fields::of(body).ok()??;
        let (mut answer, mut error) = (false, false);
        while let Some(field) = fields.next().ok()? {
            match field.name {
                b"output" => answer = scan::field(field.value, "message").is_some(),
                b"stopReason" if says_something(field.value) => meter.finishes(0),
                b"usage" if field.value.first() == Some(&b'{') => meter.used(field.value, true),
                b"message" | b"error" | b"__type" => error |= says_something(field.value),
                _ => {}
            }
        }
        meter.sees(0);
        Some(if answer {
            Plain::Answer
        } else if error {
            Plain::Error
        } else {
            Plain::Unreadable
        })
    }

    fn text(&self, data: &[u8], out: &mut String) {
        let message = scan::field(data, "output").and_then(|output| scan::field(output, "message"));
        let content = message.and_then(|message| scan::field(message, "content"));
        for block in Items::of(content.unwrap_or_default()) {
            let mut push = |value: Option<&[u8]>| out.extend(value.and_then(scan::text).as_deref());
            push(scan::field(block, "text"));
            if let Some(cited) = scan::field(block, "citationsContent") {
                let pieces = scan::field(cited, "content").unwrap_or_default();
                Items::of(pieces).for_each(|piece| push(scan::field(piece, "text")));
            }
            if let Some(thought) = scan::field(block, "reasoningContent") {
                let text = scan::field(thought, "reasoningText").unwrap_or_default();
                push(scan::field(text, "text"));
            }
            if let Some(call) = scan::field(block, "toolUse") {
                push(scan::field(call, "name"));
                let input = scan::field(call, "input").unwrap_or_default();
                out.push_str(&String::from_utf8_lossy(input));
            }
        }
    }
}

/// Whether a piece of a block says anything.
fn says(delta: &[u8]) -> bool {
    let Ok(Some(mut fields)) = Fields::of(delta) else {
        return false;
    };
    while let Ok(Some(field)) = fields.next() {
        if says_something(field.value) {
            return true;
        }
    }
    false
}
