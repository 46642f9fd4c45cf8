//! What comes in pieces that mean nothing alone: names of tools, and halves of characters.

use manti::dialects::Dialect;
use manti::models::chat::{Content, Family, Response};
use serde_json::{Value, json};

use super::streams;

/// Reads events whose data are these texts.
fn read(dialect: Dialect, events: &[String]) -> Response {
    let stream: String = events
        .iter()
        .map(|data| {
            let kind: Value = serde_json::from_str(data).unwrap_or_default();
            match kind["type"].as_str() {
                Some(name) => format!("event: {name}\ndata: {data}\n\n"),
                None => format!("data: {data}\n\n"),
            }
        })
        .collect();
    let events = streams::read(dialect, stream.as_bytes(), &[usize::MAX]);
    streams::assemble(&events).unwrap()
}

fn chunk(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
    json!({"id": "c", "choices": [choice]}).to_string()
}

/// The calls that come of pieces of names and arguments of one call.
fn called(pieces: &[(&str, &str)]) -> Vec<(String, String)> {
    let pieces = pieces.iter().enumerate().map(|(place, (name, arguments))| {
        let function = json!({"name": name, "arguments": arguments});
        let id = (place == 0).then_some("call_1");
        chunk(
            &json!({"tool_calls": [{"index": 0, "id": id, "function": function}]}),
            None,
        )
    });
    let mut events: Vec<String> = pieces.collect();
    events.push(chunk(&json!({}), Some("tool_calls")));
    let response = read(Dialect::Chat, &events);
    let blocks = response.choices[0].blocks.iter();
    blocks
        .map(|block| match &block.content {
            Content::Call(call) => (call.name.clone(), call.arguments.clone()),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn the_name_of_a_tool_may_come_in_pieces_or_again_and_again() {
    let whole = |arguments: &str| vec![("get_time".to_owned(), arguments.to_owned())];
    for (pieces, arguments) in [
        (&[("get_", ""), ("time", ""), ("", "{}")][..], "{}"),
        (
            &[
                ("get_time", ""),
                ("get_time", "{\"a\""),
                ("get_time", ":1}"),
            ],
            "{\"a\":1}",
        ),
        (&[("get_time", "{"), ("", "}")], "{}"),
        (&[("get_", ""), ("time", "")], ""),
    ] {
        assert_eq!(called(pieces), whole(arguments), "{pieces:?}");
    }
}

#[test]
fn calls_whose_names_come_first_keep_their_own() {
    let call = |index: u32, name: &str, arguments: &str| {
        json!({"index": index, "id": format!("call_{index}"),
            "function": {"name": name, "arguments": arguments}})
    };
    let events = [
        chunk(&json!({"content": "Both."}), None),
        chunk(
            &json!({"tool_calls": [call(0, "f", ""), call(1, "g", "")]}),
            None,
        ),
        chunk(
            &json!({"tool_calls": [{"index": 0, "function": {"arguments": "{\"a\":0}"}}]}),
            None,
        ),
        chunk(
            &json!({"tool_calls": [{"index": 1, "function": {"arguments": "{\"a\":1}"}}]}),
            None,
        ),
        chunk(&json!({}), Some("tool_calls")),
    ];
    let response = read(Dialect::Chat, &events);
    let blocks = response.choices[0].blocks.iter();
    let calls: Vec<(&str, &str)> = blocks
        .filter_map(|block| match &block.content {
            Content::Call(call) => Some((call.name.as_str(), call.arguments.as_str())),
            _ => None,
        })
        .collect();
    assert_eq!(calls, [("f", "{\"a\":0}"), ("g", "{\"a\":1}")]);
}

/// A stream of each dialect that says a text in pieces, each as it stands between quotes.
fn said(dialect: Dialect, pieces: &[&str]) -> Vec<String> {
    let words = pieces.iter().map(|piece| match dialect {
        Dialect::Chat => {
            format!(r#"{{"id":"c","choices":[{{"index":0,"delta":{{"content":"{piece}"}}}}]}}"#)
        }
        Dialect::Messages => format!(
            r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{piece}"}}}}"#
        ),
        Dialect::Responses => format!(
            r#"{{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"{piece}"}}"#
        ),
        _ => format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{piece}"}}]}}}}]}}"#),
    });
    let (begin, end): (Vec<Value>, Vec<Value>) = match dialect {
        Dialect::Chat => (
            vec![],
            vec![
                json!({"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}),
            ],
        ),
        Dialect::Messages => (
            vec![
                json!({"type": "message_start", "message": {"id": "m", "usage": {}}}),
                json!({"type": "content_block_start", "index": 0,
                    "content_block": {"type": "text", "text": ""}}),
            ],
            vec![
                json!({"type": "content_block_stop", "index": 0}),
                json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}}),
                json!({"type": "message_stop"}),
            ],
        ),
        Dialect::Responses => (
            vec![json!({"type": "response.created", "response": {"id": "r"}})],
            vec![json!({"type": "response.completed",
                "response": {"id": "r", "status": "completed", "output": []}})],
        ),
        _ => (
            vec![],
            vec![json!({"candidates": [{"finishReason": "STOP"}]})],
        ),
    };
    let text = |events: Vec<Value>| events.into_iter().map(|event| event.to_string());
    text(begin).chain(words).chain(text(end)).collect()
}

#[test]
fn a_character_whose_halves_come_in_two_events_is_whole() {
    for dialect in streams::BOTH {
        for (pieces, whole) in [
            (&["a \\ud83d", "\\ude00 b"][..], "a 😀 b"),
            (&["a \\ud83d", " b"], "a \u{fffd} b"),
            (&["a \\ud83d"], "a \u{fffd}"),
        ] {
            let response = read(dialect, &said(dialect, pieces));
            let text: String = response.choices[0]
                .blocks
                .iter()
                .map(|block| match &block.content {
                    Content::Text { text, .. } => text.as_str(),
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(text, whole, "{dialect:?} {pieces:?}");
        }
    }
}

#[test]
fn calls_without_ids_of_answers_without_ids_are_told_apart_by_the_call_they_answer() {
    let body = json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
        {"functionCall": {"name": "f", "args": {}}}, {"functionCall": {"name": "f", "args": {}}}]}}]});
    let upstream = Dialect::Gemini.upstream().unwrap();
    let ids = |call: &str| {
        let bytes = body.to_string();
        let response = upstream.read_response(bytes.as_bytes(), Family::Google, call);
        let blocks = response.unwrap().choices.remove(0).blocks;
        blocks.into_iter().map(|block| match block.content {
            Content::Call(call) => call.id,
            other => panic!("{other:?}"),
        })
    };
    let mut all: Vec<String> = ids("01A").chain(ids("01B")).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4);
    assert!(ids("01A").eq(ids("01A")), "the same whenever it is read");
}

#[test]
fn half_a_character_that_nothing_follows_stands_before_what_comes_later() {
    let part = |part: &str| format!("{{\"candidates\":[{{\"content\":{{\"parts\":[{part}]}}}}]}}");
    let end = "{\"candidates\":[{\"finishReason\":\"STOP\"}]}";
    for (half, later, words) in [
        (
            r#"{"text":"a\ud83d"}"#,
            r#"{"functionCall":{"name":"f","args":{}}}"#,
            "a\u{fffd}",
        ),
        (
            r#"{"text":"\ud83d"}"#,
            r#"{"inlineData":{"mimeType":"image/png","data":"AAAA"}}"#,
            "\u{fffd}",
        ),
        (
            r#"{"text":"a\ud83d","thought":true}"#,
            r#"{"text":"b"}"#,
            "a\u{fffd}",
        ),
    ] {
        let events = [part(half), part(later), end.to_owned()];
        let response = read(Dialect::Gemini, &events);
        let blocks = &response.choices[0].blocks;
        let first = match &blocks[0].content {
            Content::Text { text, .. } => text,
            Content::Thinking(thought) => &thought.text,
            other => panic!("{other:?}"),
        };
        assert_eq!(first, words, "{half}");
        assert_eq!(blocks.len(), 2, "{half}");
    }
}
