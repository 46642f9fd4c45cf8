//! The meter's view of Ollama's chat, and how it counts: what was read from the cache is told by
//! nobody, so that a prompt which was wholly cached has no count at all.

use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::Ollama;
use crate::dialects::meter::{Mark, Meter, Plain, Reads, is_closed, says_something};
use crate::dialects::scan::{self, Fault, Fields, Items, Scan};
use crate::dialects::sse::Event;
use crate::dialects::usage::{Counts, Figures, Found, Kind, Told, finish};

static GOES_ON: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"done\":false"));
/// What may hold anything else in it, the words above included.
static MAY_BE_MORE: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| ["\"done\":true", "\"tool_calls\"", "\"error\""].map(Finder::new));

impl Reads for Ollama {
    fn selects(&self, raw: &[u8]) -> bool {
        !is_closed(raw)
            || GOES_ON.find(raw).is_none()
            || MAY_BE_MORE.iter().any(|words| words.find(raw).is_some())
    }

    fn event(&self, meter: &mut Meter, event: &Event<'_>) -> Mark {
        let data = event.data.trim_ascii();
        let Some(line) = read(meter, data) else {
            return Mark {
                error: !data.is_empty(),
                ..Mark::default()
            };
        };
        Mark {
            finish: line.done,
            end: line.done,
            usage_only: false,
            error: line.error || event.name == Some("error"),
            content: line.content && !meter.has_content(),
            alive: false,
        }
    }

    fn plain(&self, meter: &mut Meter, body: &[u8]) -> Option<Plain> {
        let line = read(meter, body)?;
        Some(Plain::found(line.error, line.message))
    }

    fn text(&self, data: &[u8], out: &mut String) {
        let Some(message) = scan::field(data, "message") else {
            return;
        };
        for name in ["thinking", "content"] {
            let value = scan::field(message, name);
            out.extend(value.and_then(scan::text).as_deref());
        }
        let calls = scan::field(message, "tool_calls").unwrap_or_default();
        for function in Items::of(calls).filter_map(|call| scan::field(call, "function")) {
            let name = scan::field(function, "name");
            out.extend(name.and_then(scan::text).as_deref());
            if let Some(arguments) = scan::field(function, "arguments") {
                out.push_str(&String::from_utf8_lossy(arguments));
            }
        }
    }
}

/// What a line says.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent findings about one object"
)]
struct Line {
    message: bool,
    content: bool,
    done: bool,
    error: bool,
}

/// Reads an object; `None` when it is not JSON.
fn read(meter: &mut Meter, data: &[u8]) -> Option<Line> {
    let mut fields = Fields::of(data).ok()??;
    let mut line = Line::default();
    while let Some(field) = fields.next().ok()? {
        match field.name {
            b"model" => meter.named(field.value),
            b"done" => line.done = field.value == b"true",
            b"error" => line.error |= says_something(field.value),
            b"message" => {
                line.message = field.value.first() == Some(&b'{');
                line.content = ["content", "thinking", "tool_calls"]
                    .iter()
                    .filter_map(|name| scan::field(field.value, name))
                    .any(says_something);
            }
            _ => {}
        }
    }
    meter.sees(0);
    if line.done && !line.error {
        meter.finishes(0);
        meter.used(data, true);
    }
    Some(line)
}

impl Counts for Ollama {
    fn figure(
        &self,
        found: &mut Found,
        name: &[u8],
        scan: &mut Scan<'_>,
        depth: u32,
    ) -> Result<(), Fault> {
        let value = scan.take(depth)?;
        match name {
            b"prompt_eval_count" => found.set_once(Kind::Input, value),
            b"eval_count" => found.set_once(Kind::Output, value),
            _ => {}
        }
        Ok(())
    }

    fn told(&self, figures: &Figures) -> Told {
        let input = figures.get(Kind::Input);
        let output = figures.get(Kind::Output).given();
        finish(
            figures,
            input.or_zero(),
            output.unwrap_or(0),
            output.is_some(),
            Vec::new(),
        )
    }
}
