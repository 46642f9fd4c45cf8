//! The meter's view of `generateContent`.
//!
//! Each chunk tells all that was used so far, and the stream ends with the connection: the finish
//! reason may come before the last parts do.

use super::Gemini;
use crate::dialects::Dialect;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, says_something};
use crate::dialects::scan::{self, Fault, Fields, Items, Scan};
use crate::dialects::sse::Event;
use crate::dialects::usage::{self, Reading};

impl Reads for Gemini {
    fn selects(&self, _raw: &[u8]) -> bool {
        // There is usage in each.
        true
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let data = event.data.trim_ascii();
        if data.is_empty() {
            return Mark::default();
        }
        let Some(chunk) = read(meter, data) else {
            return Mark::broken();
        };
        Mark {
            finish: chunk.finishes && meter.finished(),
            error: chunk.error || event.name == Some("error"),
            content: chunk.content,
            ..Mark::default()
        }
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let chunk = read(meter, body)?;
        Some(Plain::found(chunk.error, chunk.answer))
    }

    fn text(&self, data: &[u8], out: &mut String) {
        let Some(candidates) = scan::field(data, "candidates") else {
            return;
        };
        for candidate in Items::of(candidates) {
            let parts = scan::field(candidate, "content").and_then(|c| scan::field(c, "parts"));
            for part in parts.into_iter().flat_map(Items::of) {
                part_text(part, out);
            }
        }
    }

    fn tells_choices_apart(&self) -> bool {
        true
    }
}

/// What a chunk, or a whole answer, says.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent findings about one object"
)]
struct Chunk {
    /// There is an answer, or a word on why there is none.
    answer: bool,
    finishes: bool,
    error: bool,
    content: bool,
    /// Queries to the web.
    searches: u64,
}

/// Reads an object in one pass; `None` when it is not JSON.
fn read(meter: &mut Meter, data: &[u8]) -> Option<Chunk> {
    let mut chunk = Chunk::default();
    let mut stated: Option<Reading> = None;
    let mut scan = Scan::new(data);
    if scan.peek() != Ok(b'{') {
        return None;
    }
    let fields = scan.object(0, |scan, name| {
        if name == b"candidates" {
            let mut place = 0;
            chunk.answer |= scan.array(1, |scan| {
                read_candidate(meter, scan, place, &mut chunk)?;
                place += 1;
                Ok(())
            })?;
            return Ok(());
        }
        if name == b"usageMetadata" && scan.peek()? == b'{' {
            stated = Some(usage::read_from(Dialect::Gemini, scan, 1)?);
            return Ok(());
        }
        let value = scan.take(1)?;
        match name {
            b"modelVersion" => meter.named(value),
            b"error" => chunk.error |= says_something(value),
            b"promptFeedback" => {
                let blocked = scan::field(value, "blockReason").is_some_and(says_something);
                if blocked {
                    meter.finishes(0);
                    chunk.answer = true;
                    chunk.finishes = true;
                }
            }
            _ => {}
        }
        Ok(())
    });
    fields.and_then(|()| scan.end()).ok()?;
    let finished = meter.finished();
    if let Some(reading) = stated {
        // Before the end it is only what was used so far.
        meter.takes(reading, finished);
    }
    if chunk.searches > 0 {
        meter.takes(usage::grounded(Dialect::Gemini, chunk.searches), finished);
    }
    Some(chunk)
}

fn read_candidate(
    meter: &mut Meter,
    scan: &mut Scan<'_>,
    place: usize,
    chunk: &mut Chunk,
) -> Result<(), Fault> {
    let mut index = place;
    let mut finishes = false;
    let is_candidate = scan.peek()? == b'{';
    scan.object(2, |scan, name| {
        let value = scan.take(3)?;
        match name {
            b"index" => {
                let number = std::str::from_utf8(value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                index = number.unwrap_or(place);
            }
            b"finishReason" => finishes = says_something(value) && value != b"0",
            b"content" => {
                let parts = scan::field(value, "parts");
                chunk.content |= parts.is_some_and(|parts| Items::of(parts).any(says));
            }
            b"groundingMetadata" => {
                let queries = scan::field(value, "webSearchQueries");
                let asked = queries.map_or(0, |queries| Items::of(queries).count());
                chunk.searches = chunk.searches.saturating_add(asked as u64);
            }
            _ => {}
        }
        Ok(())
    })?;
    if is_candidate {
        meter.sees(index);
        if finishes {
            meter.finishes(index);
            chunk.finishes = true;
        }
    }
    Ok(())
}

/// Whether a part says anything: more than an empty text under a secret.
fn says(part: &[u8]) -> bool {
    let Ok(Some(mut fields)) = Fields::of(part) else {
        return false;
    };
    while let Ok(Some(field)) = fields.next() {
        let aside = matches!(field.name, b"thought" | b"thoughtSignature");
        if !aside && says_something(field.value) {
            return true;
        }
    }
    false
}

fn part_text(part: &[u8], out: &mut String) {
    if let Some(text) = scan::field(part, "text").and_then(scan::text) {
        out.push_str(&text);
    }
    if let Some(call) = scan::field(part, "functionCall") {
        if let Some(name) = scan::field(call, "name").and_then(scan::text) {
            out.push_str(&name);
        }
        if let Some(args) = scan::field(call, "args") {
            out.push_str(&String::from_utf8_lossy(args));
        }
    }
    let code = scan::field(part, "executableCode").and_then(|code| scan::field(code, "code"));
    if let Some(code) = code.and_then(scan::text) {
        out.push_str(&code);
    }
}
