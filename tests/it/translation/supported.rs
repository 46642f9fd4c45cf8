//! What supports a text in Google's streams, and what else may come late or in a row.

use manti::dialects::{Dialect, Reply};
use manti::models::chat::{Citation, Content, Family, Secret};
use manti::models::streaming::{Delta, Event, Opening};
use serde_json::{Value, json};

use super::gemini::objects;
use super::streams::{assemble, both, read, write};

fn stream(dialect: Dialect, events: &[Value]) -> Vec<Event> {
    let events = events.iter().map(|event| format!("data: {event}\r\n\r\n"));
    let events = events.collect::<Vec<_>>().concat();
    read(dialect, events.as_bytes(), &[usize::MAX])
}

fn chunk(parts: &Value) -> Value {
    json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": parts}}]})
}

/// The last chunk, with a source for some bytes of the answer.
fn last(start: u64, end: u64) -> Value {
    json!({"candidates": [{"index": 0, "finishReason": "STOP", "groundingMetadata": {
        "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}],
        "groundingSupports": [{"groundingChunkIndices": [0],
            "segment": {"startIndex": start, "endIndex": end}}]}}]})
}

fn cited(events: &[Event]) -> Vec<(String, Option<u64>, Option<u64>)> {
    let response = assemble(events).unwrap();
    let mut found = Vec::new();
    for block in &response.choices[0].blocks {
        if let Content::Text { text, citations } = &block.content {
            for citation in citations {
                if let Citation::Url { start, end, .. } = citation {
                    found.push((text.clone(), *start, *end));
                }
            }
        }
    }
    found
}

#[test]
fn sources_that_come_behind_a_call_or_a_part_of_googles_find_their_text() {
    let call = json!([{"functionCall": {"name": "f", "args": {}}, "thoughtSignature": "EgQKAgED"}]);
    let code = json!([{"executableCode": {"language": "PYTHON", "code": "1"}}]);
    for later in [
        call,
        code,
        json!([{"text": "", "thoughtSignature": "EgQKAgED"}]),
    ] {
        let said = [
            chunk(&json!([{"text": "Übrigens: ja."}])),
            chunk(&later),
            last(11, 14),
        ];
        let events = stream(Dialect::Gemini, &said);
        let wanted = ("Übrigens: ja.".to_owned(), Some(10), Some(13));
        assert_eq!(cited(&events), [wanted], "{later}");
        for (client, word) in [
            (Dialect::Chat, "url_citation"),
            (Dialect::Responses, "url_citation"),
        ] {
            let told = String::from_utf8(write(client, &events, Reply::default())).unwrap();
            assert!(told.contains(word), "{told}");
        }
    }
}

#[test]
fn a_source_of_an_earlier_text_claims_no_span_of_the_last() {
    let thought = json!([{"text": "Hm.", "thought": true}]);
    let said = [
        chunk(&json!([{"text": "One."}])),
        chunk(&thought),
        chunk(&json!([{"text": "Two."}])),
    ];
    let with = |last: Value| stream(Dialect::Gemini, &[&said[..], &[last]].concat());
    assert_eq!(cited(&with(last(0, 4))), [("Two.".to_owned(), None, None)]);
    let here = ("Two.".to_owned(), Some(0), Some(4));
    assert_eq!(cited(&with(last(4, 8))), [here]);
}

fn block(block: u32, opening: Opening, deltas: Vec<Delta>) -> Vec<Event> {
    let choice = 0;
    let mut events = vec![Event::Open {
        choice,
        block,
        opening,
    }];
    events.extend(deltas.into_iter().map(|delta| Event::Delta {
        choice,
        block,
        delta,
    }));
    events.push(Event::Close { choice, block });
    events
}

#[test]
fn a_source_without_a_span_supports_its_own_block() {
    let text = |text: &str| Delta::Text(text.to_owned());
    let source = Citation::Url {
        url: "https://a.example".to_owned(),
        title: None,
        cited: None,
        start: None,
        end: None,
        raw: None,
    };
    let mut events = block(
        0,
        Opening::Text,
        vec![text("One."), Delta::Citation(source)],
    );
    events.extend(block(1, Opening::Text, vec![text("Two.")]));
    events.push(Event::End);
    let told = String::from_utf8(write(Dialect::Gemini, &events, Reply::default())).unwrap();
    let last = objects(&told).pop().unwrap();
    let support = &last["candidates"][0]["groundingMetadata"]["groundingSupports"][0];
    let wanted = json!({"startIndex": 0, "endIndex": 4, "text": "One."});
    assert_eq!(support["segment"], wanted, "{told}");
}

#[test]
fn of_two_thoughts_in_a_row_googles_client_keeps_both_proofs() {
    let secret = |data: &str| {
        Delta::Secret(Secret {
            family: Family::Google,
            kind: "call".to_owned(),
            data: data.to_owned(),
            model: None,
            id: None,
        })
    };
    let thinking = || Opening::Thinking(Some(Family::Google));
    let mut events = Vec::new();
    // Both are open, and close one after the other.
    for number in [0, 1] {
        events.push(Event::Open {
            choice: 0,
            block: number,
            opening: thinking(),
        });
    }
    for (block, data) in [(0, "EgQKAgED"), (1, "EgQKAgEE")] {
        let (choice, delta) = (0, secret(data));
        events.push(Event::Delta {
            choice,
            block,
            delta,
        });
    }
    events.extend([0, 1].map(|block| Event::Close { choice: 0, block }));
    events.push(Event::End);
    let told = String::from_utf8(write(Dialect::Gemini, &events, Reply::default())).unwrap();
    assert!(
        told.contains("EgQKAgED") && told.contains("EgQKAgEE"),
        "{told}"
    );
}

#[test]
fn calls_without_ids_get_one_each_and_the_same_in_a_stream() {
    let call = |name: &str| json!({"type": "function_call", "name": name, "arguments": "{}"});
    let (one, two) = (call("f"), call("g"));
    let whole = json!({"id": "resp_1", "status": "completed", "output": [one, two]});
    let mut events = vec![json!({"type": "response.created", "response": {"id": "resp_1"}})];
    for (place, item) in [&one, &two].into_iter().enumerate() {
        for kind in ["response.output_item.added", "response.output_item.done"] {
            events.push(json!({"type": kind, "output_index": place, "item": item}));
        }
    }
    events.push(json!({"type": "response.completed", "response": whole}));
    let streamed = assemble(&stream(Dialect::Responses, &events)).unwrap();
    let read =
        both(Dialect::Responses).read_response(whole.to_string().as_bytes(), Family::OpenAi, "");
    let ids = |blocks: &[manti::models::chat::Block]| -> Vec<String> {
        let calls = blocks.iter().filter_map(|block| match &block.content {
            Content::Call(call) => Some(call.id.clone()),
            _ => None,
        });
        calls.collect()
    };
    let told = ids(&streamed.choices[0].blocks);
    assert_eq!(told, ids(&read.unwrap().choices[0].blocks));
    assert_eq!(told.len(), 2);
    assert_ne!(told[0], told[1]);
}
