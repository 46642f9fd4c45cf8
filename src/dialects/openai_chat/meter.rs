//! The meter's view of chat completions.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Chat;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Fault, Fields, Items, Scan};
use crate::dialects::sse::Event;
use crate::dialects::{Dialect, usage};

/// The words that select an event.
static FINISH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"finish_reason\""));
static USAGE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"usage\""));
static ERROR: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"error\""));

/// An event shorter than this may be the terminator.
const SHORT: usize = 48;

impl Reads for Chat {
    fn selects(&self, raw: &[u8]) -> bool {
        let object = raw.starts_with(b"data: {") || raw.starts_with(b"data:{");
        raw.len() < SHORT
            || !object
            || !is_closed(raw)
            || is_set(&FINISH, raw)
            || is_set(&USAGE, raw)
            || is_set(&ERROR, raw)
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let data = event.data.trim_ascii();
        if data == b"[DONE]" {
            return Mark {
                end: true,
                ..Mark::default()
            };
        }
        if data.is_empty() {
            // A heartbeat of some servers.
            return Mark::default();
        }
        let Some(chunk) = read(meter, data) else {
            return Mark::broken();
        };
        // Some give fewer answers than were asked for: usage in the same event says that was all.
        let all = meter.enough() || (chunk.usage && meter.finished());
        Mark {
            finish: chunk.finishes && all,
            end: false,
            usage_only: chunk.empty_choices && chunk.usage && !chunk.error,
            error: chunk.error || event.name == Some("error"),
            content: chunk.content && !meter.has_content(),
            alive: false,
        }
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let chunk = read(meter, body)?;
        Some(Plain::found(chunk.error, chunk.choices))
    }

    fn text(&self, data: &[u8], out: &mut String) {
        let Some(choices) = scan::field(data, "choices") else {
            return;
        };
        for choice in Items::of(choices) {
            for name in ["delta", "message"] {
                if let Some(delta) = scan::field(choice, name) {
                    delta_text(delta, out);
                }
            }
        }
    }

    fn tells_choices_apart(&self) -> bool {
        true
    }
}

/// Whether a name stands there with anything but null behind it.
fn is_set(name: &Finder<'_>, raw: &[u8]) -> bool {
    let mut rest = raw;
    while let Some(place) = name.find(rest) {
        rest = &rest[place + name.needle().len()..];
        let value = rest.trim_ascii_start();
        let value = value
            .strip_prefix(b":")
            .map_or(value, <[u8]>::trim_ascii_start);
        if !value.starts_with(b"null") {
            return true;
        }
    }
    false
}

/// What a chunk, or a whole answer, says.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent findings about one object"
)]
struct Chunk {
    /// There is an array of choices.
    choices: bool,
    empty_choices: bool,
    usage: bool,
    finishes: bool,
    error: bool,
    content: bool,
}

/// Reads an object in one pass; `None` when it is not JSON.
fn read(meter: &mut Meter, data: &[u8]) -> Option<Chunk> {
    let mut chunk = Chunk::default();
    let mut tier = None;
    let mut cost = None;
    let mut scan = Scan::new(data);
    if scan.peek() != Ok(b'{') {
        return None;
    }
    let fields = scan.object(0, |scan, name| {
        if name == b"choices" {
            let mut place = 0;
            chunk.choices |= scan.array(1, |scan| {
                read_choice(meter, scan, place, &mut chunk)?;
                place += 1;
                Ok(())
            })?;
            chunk.empty_choices = chunk.choices && place == 0;
            return Ok(());
        }
        if name == b"usage" && scan.peek()? == b'{' {
            chunk.usage = true;
            meter.takes(usage::read_from(Dialect::Chat, scan, 1)?, true);
            return Ok(());
        }
        let value = scan.take(1)?;
        match name {
            b"model" => meter.named(value),
            b"x_groq" => {
                if let Some(usage) = scan::field(value, "usage").filter(|u| u.starts_with(b"{")) {
                    meter.used(usage, true);
                }
            }
            b"error" => chunk.error |= says_something(value),
            b"object" => chunk.error |= value == b"\"error\"",
            b"service_tier" => tier = scan::text(value),
            b"cost" => cost = scan::field(value, "usd").and_then(usage::from_usd),
            _ => {}
        }
        Ok(())
    });
    fields.and_then(|()| scan.end()).ok()?;
    meter.served(tier, cost);
    Some(chunk)
}

fn read_choice(
    meter: &mut Meter,
    scan: &mut Scan<'_>,
    place: usize,
    chunk: &mut Chunk,
) -> Result<(), Fault> {
    let mut index = place;
    let mut finishes = false;
    let is_choice = scan.peek()? == b'{';
    scan.object(2, |scan, name| {
        if matches!(name, b"delta" | b"message") {
            return read_delta(scan, &mut chunk.content);
        }
        let value = scan.take(3)?;
        match name {
            b"index" => {
                let number = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                index = number.unwrap_or(place);
            }
            b"finish_reason" => {
                finishes = says_something(value);
                chunk.error |= value == b"\"error\"";
            }
            b"text" => chunk.content |= says_something(value),
            b"error" => chunk.error |= says_something(value),
            _ => {}
        }
        Ok(())
    })?;
    if is_choice {
        meter.sees(index);
        if finishes {
            meter.finishes(index);
            chunk.finishes = true;
        }
    }
    Ok(())
}

/// Whether a delta says anything besides who speaks.
fn read_delta(scan: &mut Scan<'_>, content: &mut bool) -> Result<(), Fault> {
    scan.object(3, |scan, name| {
        let value = scan.take(4)?;
        *content |= !matches!(name, b"role" | b"channel") && says_something(value);
        Ok(())
    })
}

fn delta_text(delta: &[u8], out: &mut String) {
    let Ok(Some(mut fields)) = Fields::of(delta) else {
        return;
    };
    let mut reasoned = false;
    while let Ok(Some(field)) = fields.next() {
        match field.name {
            b"content" if field.value.first() == Some(&b'[') => {
                for part in Items::of(field.value) {
                    push(scan::field(part, "text"), out);
                }
            }
            b"content" | b"refusal" => push(Some(field.value), out),
            // Some providers write the same thought under both names.
            b"reasoning_content" | b"reasoning" if !reasoned => {
                reasoned = says_something(field.value);
                push(Some(field.value), out);
            }
            b"tool_calls" => {
                for call in Items::of(field.value) {
                    call_text(scan::field(call, "function"), out);
                }
            }
            b"function_call" => call_text(Some(field.value), out),
            _ => {}
        }
    }
}

fn call_text(function: Option<&[u8]>, out: &mut String) {
    for name in ["name", "arguments"] {
        push(
            function.and_then(|function| scan::field(function, name)),
            out,
        );
    }
}

fn push(value: Option<&[u8]>, out: &mut String) {
    if let Some(text) = value.and_then(scan::text) {
        out.push_str(&text);
    }
}
