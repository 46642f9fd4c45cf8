//! Another model, or usage asked for, without touching another byte.

use bytes::Bytes;

use super::{Head, Options, Segments};
use crate::dialects::Dialect;
use crate::dialects::scan::{self, Fields};

/// What to put in the place of a span.
type Edit = (usize, usize, Bytes);

/// The body with another model and, for streams of formats that tell it only then, with usage asked for.
///
/// Everything else stays byte for byte, and nothing of the body is copied. `head` must be this
/// body's own.
pub fn rewrite(
    body: &Bytes,
    head: &Head,
    dialect: Dialect,
    model: Option<&str>,
    ask_usage: bool,
) -> Segments {
    let mut edits: [Option<Edit>; 2] = [None, None];
    if let Some(model) = model.filter(|model| *model != head.model)
        && let Some((start, end)) = head.spans.model
    {
        let quoted = serde_json::to_string(model).unwrap_or_default();
        edits[0] = Some((start, end, quoted.into()));
    }
    if ask_usage && dialect.format().layout().asks_usage && head.stream && !head.include_usage {
        edits[1] = Some(asking(head));
    }
    edits.sort_unstable_by_key(|edit| edit.as_ref().map(|(start, ..)| *start));
    let mut pieces = Segments::new();
    let mut from = 0;
    for (start, end, with) in edits.into_iter().flatten() {
        if start > from {
            pieces.push(body.slice(from..start));
        }
        pieces.push(with);
        from = end;
    }
    if from < body.len() {
        pieces.push(body.slice(from..));
    }
    pieces
}

/// The body with a model, where it is an object that names none.
pub fn with_model(body: Bytes, model: &str) -> Bytes {
    let Ok(Some(mut fields)) = Fields::of(&body) else {
        return body;
    };
    let open = fields.open();
    let mut empty = true;
    while let Ok(Some(field)) = fields.next() {
        empty = false;
        if scan::is_named(field.name, "model") {
            return body;
        }
    }
    let mut named = body[..open].to_vec();
    named.extend_from_slice(b"\"model\":");
    named.extend(serde_json::to_vec(model).unwrap_or_default());
    if !empty {
        named.push(b',');
    }
    named.extend_from_slice(&body[open..]);
    named.into()
}

fn asking(head: &Head) -> Edit {
    const ASKED: &[u8] = br#""include_usage":true"#;
    match head.spans.options {
        Options::Absent => {
            // The body is not empty: it has a model.
            let with = Bytes::from_static(br#""stream_options":{"include_usage":true},"#);
            (head.spans.open, head.spans.open, with)
        }
        Options::Null(start, end) => {
            let with = Bytes::from_static(br#"{"include_usage":true}"#);
            (start, end, with)
        }
        Options::Object { open, empty: true } => (open, open, Bytes::from_static(ASKED)),
        Options::Object { open, empty: false } => {
            let with = Bytes::from_static(br#""include_usage":true,"#);
            (open, open, with)
        }
        Options::Asked(start, end) => (start, end, Bytes::from_static(b"true")),
    }
}
