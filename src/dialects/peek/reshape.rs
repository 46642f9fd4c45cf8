//! A request in another shape: without some of its top-level fields and with others.

use super::Segments;
use crate::dialects::scan::{self, Fields};

/// The object that a body is, with `added` (fields as they are written, without braces) before its
/// own, of which those that are named in `without` are left out. Everything else stays as it was
/// written; `None` when the body is no object.
pub fn reshape(body: &Segments, without: &[&str], added: &str) -> Option<Vec<u8>> {
    let joined;
    let whole: &[u8] = match body.as_slice() {
        [only] => only,
        several => {
            joined = several.concat();
            &joined
        }
    };
    object(whole, without, added)
}

/// The same of an object in one piece.
pub(super) fn object(whole: &[u8], without: &[&str], added: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(whole.len() + added.len() + 2);
    out.push(b'{');
    out.extend_from_slice(added.as_bytes());
    let mut fields = Fields::of(whole).ok()??;
    while let Some(field) = fields.next().ok()? {
        if without.iter().any(|name| scan::is_named(field.name, name)) {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        out.push(b'"');
        out.extend_from_slice(field.name);
        out.extend_from_slice(b"\":");
        out.extend_from_slice(field.value);
    }
    out.push(b'}');
    Some(out)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn reshaped(pieces: &[&'static str], without: &[&str], added: &str) -> Option<String> {
        let body: Segments = pieces
            .iter()
            .map(|piece| Bytes::from_static(piece.as_bytes()))
            .collect();
        let out = reshape(&body, without, added)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn fields_go_and_come_and_the_rest_stays_as_it_was_written() {
        let body =
            r#" {"model" : "m", "x": {"model": 1.0}, "\u0073tream":true,"y":[1e400, "\u00e9"]} "#;
        assert_eq!(
            reshaped(&[body], &["model", "stream"], r#""v":"1""#).unwrap(),
            r#"{"v":"1","x":{"model": 1.0},"y":[1e400, "\u00e9"]}"#
        );
        assert_eq!(
            reshaped(&[r#"{"a":"#, "1", r#","b":2}"#], &["a"], "").unwrap(),
            r#"{"b":2}"#
        );
        assert_eq!(reshaped(&["{}"], &[], r#""v":1"#).unwrap(), r#"{"v":1}"#);
        assert_eq!(reshaped(&[r#"{"a":1}"#], &["a"], "").unwrap(), "{}");
    }

    #[test]
    fn what_is_no_object_has_no_shape() {
        for body in ["", "[]", "1", r#"{"a":}"#, r#"{"a":1"#] {
            assert_eq!(reshaped(&[body], &[], ""), None, "{body}");
        }
    }
}
