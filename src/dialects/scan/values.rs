//! What values say.

use std::borrow::Cow;

use super::Scan;

/// Whether a name as written is this one.
pub(in crate::dialects) fn is_named(written: &[u8], name: &str) -> bool {
    written == name.as_bytes()
        || (memchr::memchr(b'\\', written).is_some()
            && unescape(written).is_some_and(|text| text == name))
}

/// The text of a string value; `None` when it is something else.
pub(in crate::dialects) fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    let inside = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    unescape(inside)
}

/// What stands between quotes, without its escapes; `None` for half a surrogate pair.
pub(in crate::dialects) fn unescape(inside: &[u8]) -> Option<Cow<'_, str>> {
    if memchr::memchr(b'\\', inside).is_none() {
        return std::str::from_utf8(inside).ok().map(Cow::Borrowed);
    }
    let mut quoted = Vec::with_capacity(inside.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(inside);
    quoted.push(b'"');
    serde_json::from_slice::<String>(&quoted)
        .ok()
        .map(Cow::Owned)
}

/// Whether a text is one JSON value and nothing else.
pub(in crate::dialects) fn is_json(text: &[u8]) -> bool {
    let mut scan = Scan::new(text);
    simdutf8::basic::from_utf8(text).is_ok() && scan.value(0).is_ok() && scan.end().is_ok()
}

/// Whether a value is `null`.
pub(in crate::dialects) fn is_null(value: &[u8]) -> bool {
    value == b"null"
}
