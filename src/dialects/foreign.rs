//! Wrapped secrets that come back in a request which is passed on as it is.
//!
//! A client that changes the model in the middle of a conversation hands one family's thinking to
//! another, which cannot read our wrapper and refuses what it cannot verify. Only those blocks are
//! taken out, and told; all other bytes stay.

use super::Own;
use super::json::{Object, Value};
use super::report::Report;
use super::secrets::MARK;

/// Where a wire format's messages carry thoughts.
pub(super) struct Place {
    /// The list of a message in which they are entries.
    pub(super) list: &'static str,
    /// What is put in the place of a list that would be empty.
    pub(super) nothing: &'static str,
}

/// A body without wrapped secrets; `None` when there are none in it.
pub(super) fn without(body: &[u8], place: &Place) -> Option<Own> {
    let text = std::str::from_utf8(body).ok()?;
    let root = Value::parse(text).ok()?.object()?;
    let messages = root.list("messages").into_iter().enumerate();
    let lists = messages.filter_map(|(number, message)| {
        let list = message.object()?.get(place.list)?;
        Some((format!("messages[{number}].{}", place.list), list))
    });
    cut(text, lists, place.nothing)
}

/// The same where thoughts are items of a list beside the messages.
pub(super) fn without_items(body: &[u8], list: &str) -> Option<Own> {
    let text = std::str::from_utf8(body).ok()?;
    let root = Value::parse(text).ok()?.object()?;
    let items = root.get(list).map(|items| (list.to_owned(), items));
    cut(text, items.into_iter(), "[]")
}

/// A text whose lists have lost what is wrapped; `None` when nothing is.
///
/// `lists`: each with where it stands.
fn cut<'a>(
    text: &'a str,
    lists: impl Iterator<Item = (String, Value<'a>)>,
    nothing: &str,
) -> Option<Own> {
    let mut report = Report::default();
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for (at, value) in lists {
        let Some(items) = value.list() else { continue };
        let all = items.len();
        let mut own: Vec<&str> = Vec::with_capacity(all);
        for (place, item) in items.into_iter().enumerate() {
            if is_wrapped(item.object()) {
                report.hint(format!("{at}[{place}]"));
            } else {
                own.push(item.source());
            }
        }
        if own.len() == all {
            continue;
        }
        let start = value.source().as_ptr() as usize - text.as_ptr() as usize;
        out.push_str(text.get(kept..start)?);
        kept = start + value.source().len();
        if own.is_empty() {
            out.push_str(nothing);
        } else {
            out.push_str(&["[", &own.join(","), "]"].concat());
        }
    }
    if kept == 0 {
        return None;
    }
    out.push_str(text.get(kept..)?);
    Some(Own {
        body: out.into_bytes(),
        dropped: report.dropped,
        hints: report.hints,
    })
}

fn is_wrapped(item: Option<Object<'_>>) -> bool {
    item.is_some_and(|fields| {
        // The last two are of tools that others ran.
        [
            "signature",
            "data",
            "encrypted_content",
            "id",
            "tool_use_id",
        ]
        .into_iter()
        .any(|name| fields.text(name).is_some_and(|text| text.starts_with(MARK)))
    })
}

#[cfg(test)]
mod tests {
    use crate::dialects::Dialect;
    use crate::dialects::scan::Scan;
    use crate::models::abilities::Abilities;

    fn text(dialect: Dialect, body: &str) -> Option<String> {
        let own = dialect.wire().own(body.as_bytes(), &Abilities::default());
        let without = own.map(|own| own.body);
        if without.is_some() {
            // Nobody would have asked otherwise.
            let mut scan = Scan::new(body.as_bytes());
            scan.value(0).unwrap();
            assert!(scan.marked);
        }
        without.map(|body| String::from_utf8(body).unwrap())
    }

    #[test]
    fn only_wrapped_thinking_is_taken_out() {
        let body = r#"{"model":"m", "messages":[{"role":"user","content":"mt1. is a mark"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"mt1.x"}, {"type":"thinking","thinking":"t","signature":"Eu"},{"type":"text","text":"a"}]}],"x": 1.0}"#;
        assert_eq!(
            text(Dialect::Messages, body).unwrap(),
            r#"{"model":"m", "messages":[{"role":"user","content":"mt1. is a mark"},
            {"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"Eu"},{"type":"text","text":"a"}]}],"x": 1.0}"#
        );
    }

    #[test]
    fn a_body_without_wrapped_thinking_is_left_alone() {
        for body in [
            r#"{"messages":[{"role":"user","content":"mt1."}]}"#,
            r#"{"messages":[{"role":"user","content":[{"type":"text","text":"mt1.x"}]}]}"#,
            r#"{"messages":[]}"#,
            "mt1.",
        ] {
            assert_eq!(text(Dialect::Messages, body), None, "{body}");
            assert_eq!(text(Dialect::Chat, body), None, "{body}");
        }
    }

    #[test]
    fn details_of_chat_messages_lose_their_wrapped_entries() {
        let body = r#"{"messages":[{"role":"assistant","content":"a","reasoning_content":"t","reasoning_details":[{"type":"reasoning.text","text":"t","signature":"mt1.x"}]}]}"#;
        assert_eq!(
            text(Dialect::Chat, body).unwrap(),
            r#"{"messages":[{"role":"assistant","content":"a","reasoning_content":"t","reasoning_details":[]}]}"#
        );
    }

    #[test]
    fn items_of_a_response_go_where_their_secret_is_wrapped() {
        let body = r#"{"input":[{"type":"reasoning","summary":[],"encrypted_content":"mt1.x"}, {"type":"reasoning","encrypted_content":"gAAA"},{"role":"user","content":"mt1."}]}"#;
        assert_eq!(
            text(Dialect::Responses, body).unwrap(),
            r#"{"input":[{"type":"reasoning","encrypted_content":"gAAA"},{"role":"user","content":"mt1."}]}"#
        );
        assert_eq!(text(Dialect::Responses, r#"{"input":"mt1.x"}"#), None);
    }

    #[test]
    fn what_was_taken_out_is_told() {
        for (dialect, body, told) in [
            (
                Dialect::Messages,
                r#"{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":[
                    {"type":"text","text":"a"},{"type":"redacted_thinking","data":"mt1.x"}]}]}"#,
                "messages[1].content[1]",
            ),
            (
                Dialect::Chat,
                r#"{"messages":[{"reasoning_details":[{"data":"mt1.x"}]}]}"#,
                "messages[0].reasoning_details[0]",
            ),
            (
                Dialect::Responses,
                r#"{"input":[{"role":"user","content":"x"},{"encrypted_content":"mt1.x"}]}"#,
                "input[1]",
            ),
        ] {
            let own = dialect.wire().own(body.as_bytes(), &Abilities::default());
            assert_eq!(own.unwrap().hints, [told]);
        }
    }
}
