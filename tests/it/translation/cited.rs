//! What supports an answer, in every dialect that has a place for it.

use manti::dialects::{Dialect, Reply};
use manti::models::chat::{Content, Response};
use serde_json::{Value, json};

use super::streams::{self, BOTH, both};

const URL: &str = "https://rust-lang.org/";

/// An answer of each dialect with one source.
fn cited(dialect: Dialect) -> Value {
    let flat = json!({"type": "url_citation", "start_index": 0, "end_index": 4, "url": URL,
        "title": "Rust"});
    match dialect {
        Dialect::Chat => json!({"id": "c", "choices": [{"index": 0, "finish_reason": "stop",
            "message": {"role": "assistant", "content": "Yes. No.",
                "annotations": [{"type": "url_citation", "url_citation": flat}]}}]}),
        Dialect::Responses => json!({"id": "resp_1", "status": "completed", "output": [
            {"type": "message", "id": "m", "role": "assistant", "content": [
                {"type": "output_text", "text": "Yes. No.", "annotations": [flat]}]}]}),
        Dialect::Messages => json!({"id": "m", "type": "message", "role": "assistant",
            "stop_reason": "end_turn", "content": [
                {"type": "text", "text": "Yes.", "citations": [
                    {"type": "web_search_result_location", "url": URL, "title": "Rust",
                        "cited_text": "x", "encrypted_index": "e"}]},
                {"type": "text", "text": " No."}]}),
        _ => json!({"responseId": "g", "candidates": [{"finishReason": "STOP",
            "content": {"role": "model", "parts": [{"text": "Yes. No."}]},
            "groundingMetadata": {"groundingChunks": [{"web": {"uri": URL, "title": "Rust"}}],
                "groundingSupports": [{"groundingChunkIndices": [0],
                    "segment": {"startIndex": 0, "endIndex": 4}}]}}]}),
    }
}

/// The addresses, with where the text they support begins and ends.
fn sources(dialect: Dialect, answer: &Value) -> Vec<(String, String)> {
    let all = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let span = |text: &str, note: &Value| {
        let at = |name: &str| usize::try_from(note[name].as_u64().unwrap()).unwrap();
        text[at("start_index")..at("end_index")].to_owned()
    };
    let told = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match dialect {
        Dialect::Chat => {
            let message = &answer["choices"][0]["message"];
            let text = told(&message["content"]);
            let notes = all(&message["annotations"]);
            let notes = notes.iter().map(|note| &note["url_citation"]);
            notes
                .map(|note| (told(&note["url"]), span(&text, note)))
                .collect()
        }
        Dialect::Responses => all(&answer["output"])
            .iter()
            .flat_map(|item| all(&item["content"]))
            .flat_map(|part| {
                let text = told(&part["text"]);
                let notes = all(&part["annotations"]).into_iter();
                let notes = notes.map(move |note| (told(&note["url"]), span(&text, &note)));
                notes.collect::<Vec<_>>()
            })
            .collect(),
        Dialect::Messages => all(&answer["content"])
            .iter()
            .flat_map(|block| {
                let text = told(&block["text"]);
                let found = all(&block["citations"]).into_iter();
                let found = found.map(move |found| (told(&found["url"]), text.clone()));
                found.collect::<Vec<_>>()
            })
            .collect(),
        _ => {
            let grounding = &answer["candidates"][0]["groundingMetadata"];
            let chunks = all(&grounding["groundingChunks"]);
            let supports = all(&grounding["groundingSupports"]);
            let supports = supports.iter().map(|support| {
                let place = support["groundingChunkIndices"][0].as_u64().unwrap();
                let chunk = &chunks[usize::try_from(place).unwrap()];
                (
                    told(&chunk["web"]["uri"]),
                    told(&support["segment"]["text"]),
                )
            });
            supports.collect()
        }
    }
}

fn read(dialect: Dialect, body: &Value) -> Response {
    let upstream = dialect.upstream().unwrap();
    let bytes = body.to_string();
    upstream
        .read_response(bytes.as_bytes(), dialect.family(), "")
        .unwrap()
}

#[test]
fn a_source_reaches_every_client_with_what_it_supports() {
    for from in BOTH {
        let response = read(from, &cited(from));
        for to in BOTH {
            let body = both(to).write_response(&response, &Reply::default());
            let body: Value = serde_json::from_slice(&body).unwrap();
            // Anthropic's citations support their whole block.
            let whole = to == Dialect::Messages && from != Dialect::Messages;
            let text = if whole { "Yes. No." } else { "Yes." };
            let wanted = [(URL.to_owned(), text.to_owned())];
            assert_eq!(sources(to, &body), wanted, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_source_reaches_every_client_in_a_stream() {
    for from in BOTH {
        let response = read(from, &cited(from));
        // A stream of the provider's: what its own answer would be in pieces.
        let events = events_of(&response);
        let stream = streams::write(from, &events, Reply::default());
        let events = streams::read(from, &stream, &[usize::MAX]);
        for to in BOTH {
            let written = streams::write(to, &events, Reply::default());
            let again = streams::assemble(&streams::read(to, &written, &[usize::MAX])).unwrap();
            let body = both(to).write_response(&again, &Reply::default());
            let body: Value = serde_json::from_slice(&body).unwrap();
            let found = sources(to, &body);
            assert_eq!(found.len(), 1, "{from:?} to {to:?}: {body}");
            assert_eq!(found[0].0, URL, "{from:?} to {to:?}");
        }
    }
}

/// A whole answer as the events of a stream.
fn events_of(response: &Response) -> Vec<manti::models::streaming::Event> {
    use manti::models::chat::{Content, Stop};
    use manti::models::streaming::{Delta, Event, Opening, Start};
    let mut events = vec![Event::Start(Start::default())];
    for (place, block) in response.choices[0].blocks.iter().enumerate() {
        let block_number = u32::try_from(place).unwrap();
        let Content::Text { text, citations } = &block.content else {
            panic!("{block:?}");
        };
        events.push(Event::Open {
            choice: 0,
            block: block_number,
            opening: Opening::Text,
        });
        let citations = citations.iter().cloned().map(Delta::Citation);
        let deltas = std::iter::once(Delta::Text(text.clone())).chain(citations);
        events.extend(deltas.map(|delta| Event::Delta {
            choice: 0,
            block: block_number,
            delta,
        }));
        events.push(Event::Close {
            choice: 0,
            block: block_number,
        });
    }
    events.push(Event::Stop {
        choice: 0,
        stop: Stop::End,
    });
    events.push(Event::End);
    events
}

#[test]
fn sources_beside_a_streamed_answer_reach_other_clients() {
    let chunk = |delta: Value, finish: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
        let event = json!({"id": "p", "choices": [choice],
            "search_results": [{"title": "Rust", "url": URL}], "citations": [URL]});
        format!("data: {event}\n\n")
    };
    let stream = [
        chunk(json!({"role": "assistant", "content": "Yes."}), None),
        chunk(json!({"content": ""}), Some("stop")),
    ];
    let events = streams::read(Dialect::Chat, stream.concat().as_bytes(), &[usize::MAX]);
    let response = streams::assemble(&events).unwrap();
    let body = both(Dialect::Responses).write_response(&response, &Reply::default());
    let body: Value = serde_json::from_slice(&body).unwrap();
    let wanted = [(URL.to_owned(), "Yes.".to_owned())];
    assert_eq!(sources(Dialect::Responses, &body), wanted);
}

#[test]
fn sources_beside_a_stream_are_told_also_where_something_else_followed_its_text() {
    let chunk = |delta: Value, found: bool| {
        let mut event = json!({"id": "p", "choices": [{"index": 0, "delta": delta}]});
        if found {
            event["citations"] = json!([URL]);
        }
        format!("data: {event}\n\n")
    };
    let call = json!({"tool_calls": [{"index": 0, "id": "1",
        "function": {"name": "f", "arguments": "{}"}}]});
    let picture = json!({"images": [{"image_url": {"url": "https://x.y/1.png"}}]});
    for later in [call, picture, json!({"refusal": "No."})] {
        for (first, second) in [(true, true), (false, true)] {
            let stream = [
                chunk(json!({"role": "assistant", "content": "Yes."}), first),
                chunk(later.clone(), second),
                "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                    .into(),
                "data: [DONE]\n\n".into(),
            ];
            let events = streams::read(Dialect::Chat, stream.concat().as_bytes(), &[usize::MAX]);
            let blocks = &streams::assemble(&events).unwrap().choices[0].blocks;
            let cited: Vec<(&str, usize)> = blocks
                .iter()
                .filter_map(|block| match &block.content {
                    Content::Text { text, citations } if !citations.is_empty() => {
                        Some((text.as_str(), citations.len()))
                    }
                    _ => None,
                })
                .collect();
            assert_eq!(cited, [("Yes.", 1)], "{later} {first}");
        }
    }
}
