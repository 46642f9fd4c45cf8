//! The meter's view of responses.
//!
//! The event that ends an answer repeats all of it and has the usage; so do, piece by piece, the
//! events that say that a piece is done. Only those that add something are counted.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Responses;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Fields, Items};
use crate::dialects::sse::Event;
use crate::dialects::{Dialect, usage};

/// The words that select an event.
static SELECTED: LazyLock<[Finder<'static>; 5]> = LazyLock::new(|| {
    [
        "\"response.completed\"",
        "\"response.incomplete\"",
        "\"response.failed\"",
        "\"response.created\"",
        "\"error\"",
    ]
    .map(Finder::new)
});

/// The only name under which a stream tells something new.
static TEXTS: LazyLock<[Finder<'static>; 1]> = LazyLock::new(|| [Finder::new("\"delta\"")]);

impl Reads for Responses {
    fn selects(&self, raw: &[u8]) -> bool {
        let known =
            raw.starts_with(b"event: response.") || raw.starts_with(b"data: {\"type\":\"response.");
        !known || !is_closed(raw) || SELECTED.iter().any(|word| word.find(raw).is_some())
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
            "response.created" | "response.queued" => {
                meter.sees(0);
                answer(meter, data, false);
            }
            "response.in_progress" => {
                meter.sees(0);
                answer(meter, data, false);
                mark.alive = true;
            }
            "response.completed" | "response.incomplete" => {
                answer(meter, data, true);
                meter.finishes(0);
                mark.finish = true;
                mark.end = true;
            }
            "response.failed" => {
                answer(meter, data, true);
                mark.error = true;
            }
            "error" => mark.error = true,
            "response.output_item.added" if !meter.has_content() => {
                let item = scan::field(data, "item");
                mark.content = item.is_some_and(begins_with_content);
            }
            "response.output_item.done" if !meter.has_content() => mark.content = true,
            kind if kind.strip_suffix(".delta").is_some() && !meter.has_content() => {
                mark.content = scan::field(data, "delta").is_some_and(says_something);
            }
            _ => {
                mark.error = event.name == Some("error")
                    || scan::field(data, "error").is_some_and(says_something);
            }
        }
        mark
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let found = read(meter, body, true)?;
        Some(Plain::found(found.error, found.output))
    }

    fn text(&self, data: &[u8], out: &mut String) {
        if let Some(piece) = scan::field(data, "delta") {
            push(Some(piece), out);
        }
        if let Some(output) = scan::field(data, "output") {
            for item in Items::of(output) {
                item_text(item, out);
            }
        }
    }

    fn names(&self) -> &'static [Finder<'static>] {
        &*TEXTS
    }
}

/// Reads the answer inside an event.
fn answer(meter: &mut Meter, data: &[u8], complete: bool) {
    if let Some(response) = scan::field(data, "response") {
        let _ = read(meter, response, complete);
    }
}

/// What an answer is, so far as the meter cares.
#[derive(Default)]
struct Found {
    output: bool,
    error: bool,
}

/// Reads an answer; `None` when it is not JSON.
fn read(meter: &mut Meter, answer: &[u8], complete: bool) -> Option<Found> {
    let mut found = Found::default();
    let mut fields = Fields::of(answer).ok()??;
    let (mut used, mut tools, mut tier) = (None, None, None);
    while let Some(field) = fields.next().ok()? {
        let value = field.value;
        match field.name {
            b"id" => meter.called(value),
            b"model" => meter.named(value),
            b"error" => found.error = says_something(value),
            b"output" => found.output = value.first() == Some(&b'['),
            b"usage" if value.first() == Some(&b'{') => used = Some(value),
            b"tool_usage" => tools = Some(value),
            b"service_tier" => tier = scan::text(value),
            b"status" if complete && (value == b"\"completed\"" || value == b"\"incomplete\"") => {
                meter.finishes(0);
            }
            _ => {}
        }
    }
    meter.sees(0);
    if let Some(used) = used {
        let mut reading = usage::read(Dialect::Responses, used);
        if let Some(searches) = tools.and_then(searches) {
            reading.searched(searches);
        }
        meter.takes(reading, complete);
        meter.served(tier, None);
    }
    Some(found)
}

/// How often the web was searched, as it is told beside the tokens.
pub(super) fn searches(tools: &[u8]) -> Option<&[u8]> {
    scan::field(scan::field(tools, "web_search")?, "num_requests")
}

/// Whether an item says something before anything is added to it: a call does.
fn begins_with_content(item: &[u8]) -> bool {
    let kind = scan::field(item, "type").and_then(scan::text);
    !matches!(kind.as_deref(), Some("message" | "reasoning") | None)
}

fn item_text(item: &[u8], out: &mut String) {
    let Ok(Some(mut fields)) = Fields::of(item) else {
        return;
    };
    while let Ok(Some(field)) = fields.next() {
        match field.name {
            b"content" | b"summary" => {
                for part in Items::of(field.value) {
                    push(scan::field(part, "text"), out);
                    push(scan::field(part, "refusal"), out);
                }
            }
            b"name" | b"arguments" | b"input" => push(Some(field.value), out),
            _ => {}
        }
    }
}

fn push(value: Option<&[u8]>, out: &mut String) {
    if let Some(text) = value.and_then(scan::text) {
        out.push_str(&text);
    }
}
