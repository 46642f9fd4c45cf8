//! Thinking switched off in a request that is passed on, where the turn lacks the thought it
//! must begin with.
//!
//! Anthropic refuses results of tools after a turn that called them without a thought while
//! thinking is on. That happens where another family's thought was taken out of the turn.

use crate::dialects::json::{Object, Value};

/// A body of Anthropic's messages with thinking off; `None` when it may stay as it is.
pub(super) fn switched_off(body: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(body).ok()?;
    let root = Value::parse(text).ok()?.object()?;
    let value = root.get("thinking")?;
    if value.object()?.text("type").as_deref() == Some("disabled") {
        return None;
    }
    let messages = root.list("messages");
    let [.., asked, answered] = messages.as_slice() else {
        return None;
    };
    let (asked, answered) = (asked.object()?, answered.object()?);
    let answers = holds(&answered, &["tool_result"]);
    let thought = holds(&asked, &["thinking", "redacted_thinking"]);
    if asked.text("role").as_deref() != Some("assistant") || !answers || thought {
        return None;
    }
    let start = value.source().as_ptr() as usize - text.as_ptr() as usize;
    let end = start + value.source().len();
    let off = r#"{"type":"disabled"}"#;
    Some([text.get(..start)?, off, text.get(end..)?].concat().into())
}

fn holds(message: &Object<'_>, kinds: &[&str]) -> bool {
    message
        .list("content")
        .into_iter()
        .filter_map(Value::object)
        .any(|block| {
            block
                .text("type")
                .is_some_and(|kind| kinds.contains(&&*kind))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(thinking: &str, turn: &str, last: &str) -> String {
        format!(
            r#"{{"model":"m", "thinking" : {thinking},"messages":[{{"role":"user","content":"x"}},
            {{"role":"assistant","content":[{turn}{{"type":"tool_use","id":"t","name":"f","input":{{}}}}]}},
            {{"role":"user","content":[{last}]}}]}}"#
        )
    }

    const RESULT: &str = r#"{"type":"tool_result","tool_use_id":"t"}"#;
    const OFF: &str = r#"{"type":"disabled"}"#;

    #[test]
    fn a_turn_of_calls_without_its_thought_is_answered_without_thinking() {
        for on in [
            r#"{"type":"enabled","budget_tokens":2000}"#,
            r#"{"type":"adaptive"}"#,
        ] {
            let off = switched_off(body(on, "", RESULT).as_bytes()).unwrap();
            assert_eq!(String::from_utf8(off).unwrap(), body(OFF, "", RESULT));
        }
    }

    #[test]
    fn thinking_stays_where_it_can() {
        let on = r#"{"type":"adaptive"}"#;
        let thought = r#"{"type":"thinking","thinking":"t","signature":"s"},"#;
        for body in [
            body(OFF, "", RESULT),
            body(on, thought, RESULT),
            body(on, r#"{"type":"redacted_thinking","data":"d"},"#, RESULT),
            body(on, "", r#"{"type":"text","text":"y"}"#),
            r#"{"thinking":{"type":"adaptive"},"messages":[]}"#.to_owned(),
            r#"{"messages":[]}"#.to_owned(),
            "no JSON".to_owned(),
        ] {
            assert_eq!(switched_off(body.as_bytes()), None, "{body}");
        }
    }
}
