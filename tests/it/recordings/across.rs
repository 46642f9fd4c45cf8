//! A recording asked for by a client of another dialect: equal in meaning.

use serde_json::{Value, json};

use super::own::{Wrong, asked, error, faults, told};
use super::{Case, Done, Pair, Recorded, Suite, back, shapes};
use crate::support::recorded::{Body, Recording, events, objects};
use crate::support::said::{Call, Figures, Said};
use crate::support::wire::{self, Served, Wire};

/// A small request of another dialect; its answer is translated.
pub(super) async fn run(suite: &Suite, number: usize, case: &Case) -> Done {
    let recording = &suite.recordings[case.recording];
    let pair = case.pair;
    let client = pair.client;
    let model = suite.model(number, case);
    let request = small(client, &model, recording.streamed);
    let answer = suite.client.ask(client, &request).await;
    let (request_id, got) = (answer.id(), answer.status);
    let kind = answer.header("content-type").to_owned();
    let text = answer.text().await;

    let (status, message) = told(recording);
    let wrong = if got != status {
        vec![("status", format!("{got} instead of {status}: {text}"))]
    } else if status != 200 {
        error(client, &kind, &text, message.as_deref())
    } else {
        let read = read(client, recording, &text);
        match read {
            Err(wrong) => wrong,
            Ok((mut wrong, answers)) => {
                let recorded = Said::read(pair.served, &recording.objects());
                let said = Said::read(client, &answers);
                wrong.extend(compare(pair, &recorded, &said));
                wrong.extend(asked_alike(suite, number, recording.streamed).await);
                if wrong.is_empty() {
                    wrong = back::run(suite, number, case, &recorded, &request, &answers).await;
                }
                wrong
            }
        }
    };
    Done {
        faults: faults(recording, pair, wrong),
        calls: vec![Recorded {
            request_id,
            recording: case.recording,
            pair,
            status: got,
        }],
    }
}

/// The provider was asked once, and for a stream when the client was.
async fn asked_alike(suite: &Suite, number: usize, streamed: bool) -> Wrong {
    let seen = suite.seen(number).await;
    let alike = seen.len() == 1 && wire::streams(&seen[0].path, &seen[0].json()) == streamed;
    if alike {
        Vec::new()
    } else {
        vec![("sent", format!("stream {streamed}, but {seen:?}"))]
    }
}

/// The recorded request to a provider of another dialect: it can be translated.
pub(super) async fn sent(suite: &Suite, number: usize, case: &Case) -> Done {
    let recording = &suite.recordings[case.recording];
    let pair = case.pair;
    let mut request = asked(recording);
    request["model"] = suite.model(number, case).into();
    let answer = suite.client.ask(pair.client, &request).await;
    let (status, dropped) = (answer.status, answer.header("x-manti-dropped").to_owned());
    let text = answer.text().await;
    let wrong = match (status, suite.seen(number).await.as_slice()) {
        (200, [seen]) => back::kept(&request, &seen.json(), &dropped),
        (200, seen) => vec![("sent", format!("asked {} times", seen.len()))],
        // What cannot be said is refused, never guessed; a provider refuses these too.
        (400, _) if recording.status != 200 || impossible(&request, pair.served) => Vec::new(),
        (status, _) => vec![("status", format!("{status}: {text}"))],
    };
    Done {
        faults: faults(recording, pair, wrong),
        calls: Vec::new(),
    }
}

/// Whether a request is wrong in its own dialect: a tool result without its call, or a call that
/// is never answered, or no words at all; or what is stored elsewhere is a part of it, or is
/// nothing but what the provider is never shown.
fn impossible(request: &Value, served: Served) -> bool {
    let text = request.to_string();
    let (mut calls, mut results) = (Vec::new(), Vec::new());
    for message in request["messages"].as_array().into_iter().flatten() {
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            calls.push(call["id"].clone());
        }
        if message["role"] == "tool" {
            results.push(message["tool_call_id"].clone());
        }
        for block in message["content"].as_array().into_iter().flatten() {
            if block["type"] == "tool_use" {
                calls.push(block["id"].clone());
            }
            if block["type"] == "tool_result" {
                results.push(block["tool_use_id"].clone());
            }
        }
    }
    for item in request["input"].as_array().into_iter().flatten() {
        match item["type"].as_str().unwrap_or_default() {
            "function_call" => calls.push(item["call_id"].clone()),
            "function_call_output" => results.push(item["call_id"].clone()),
            _ => {}
        }
    }
    // Google's calls may have no ids; results are found by name and order.
    let (mut called, mut answered) = (0, 0);
    let turns = request["contents"].as_array().into_iter().flatten();
    for part in turns.filter_map(|turn| turn["parts"].as_array()).flatten() {
        called += i32::from(part["functionCall"].is_object());
        answered += i32::from(part["functionResponse"].is_object());
    }
    let stored = ["previous_response_id", "cachedContent"];
    let stored = stored.iter().any(|name| request[*name].is_string()) || called != answered;
    let turns = Wire::ALL.map(Wire::turns);
    let empty = turns.iter().all(|name| request[*name].is_null());
    let open = calls.iter().any(|call| !results.contains(call));
    let orphan = results.iter().any(|result| !calls.contains(result));
    let heard = matches!(served, Served::Chat | Served::Gemini);
    let sound = text.contains("\"audio/") && !heard;
    let bytes = matches!(
        served,
        Served::Converse | Served::Claude | Served::Cohere | Served::Ollama
    );
    let linked = ["image_url", "document_url", "fileUri", "\"type\":\"url\""];
    let linked = bytes && linked.iter().any(|kind| text.contains(kind));
    open || orphan || stored || empty || sound || linked || text.contains("file_id")
}

fn small(client: Wire, model: &str, stream: bool) -> Value {
    let messages = json!([{"role": "user", "content": "Go on."}]);
    match client {
        Wire::Chat => {
            let mut request = json!({"model": model, "stream": stream, "messages": messages});
            if stream {
                request["stream_options"] = json!({"include_usage": true});
            }
            request
        }
        Wire::Messages => {
            json!({"model": model, "stream": stream, "max_tokens": 2000, "messages": messages})
        }
        Wire::Responses => json!({"model": model, "stream": stream, "store": false,
            "include": ["reasoning.encrypted_content"], "reasoning": {"summary": "auto"},
            "input": messages}),
        Wire::Gemini => json!({"model": model, "stream": stream,
            "generationConfig": {"thinkingConfig": {"includeThoughts": true}},
            "contents": [{"role": "user", "parts": [{"text": "Go on."}]}]}),
    }
}

/// The answer's objects, and what of its form a client of the dialect would stumble over.
fn read(client: Wire, recording: &Recording, text: &str) -> Result<(Wrong, Vec<Value>), Wrong> {
    if matches!(recording.body, Body::Json(_)) {
        return match serde_json::from_str(text) {
            Ok(object) => Ok((Vec::new(), vec![object])),
            Err(error) => Err(vec![("body", format!("{error}: {text}"))]),
        };
    }
    let events = events(text);
    let mut wrong = Vec::new();
    let complaint = shapes::misshapen(client, &events);
    wrong.extend(complaint.map(|complaint| ("shape", format!("{complaint}: {text}"))));
    Ok((wrong, objects(&events)))
}

/// What the client's dialect can say of a recorded answer must be said.
fn compare(pair: Pair, recorded: &Said, said: &Said) -> Wrong {
    let mut wrong = Vec::new();
    let mut expect = |field: &'static str, got: &str, expected: &str| {
        if got != expected {
            wrong.push((field, format!("{got:?} instead of {expected:?}")));
        }
    };
    // One dialect's refusal is the other's text.
    let spoken = |said: &Said| format!("{}{}", said.text, said.refusal);
    expect("text", &spoken(said), &spoken(recorded));
    expect("thinking", &said.thinking, &recorded.thinking);
    let stops = stops(pair, recorded);
    if !stops.contains(&said.stop.as_str()) {
        expect("stop", &said.stop, stops[0]);
    }
    wrong.extend(calls(recorded, said));
    wrong.extend(usage(pair, recorded, said));
    wrong
}

/// Why an answer ended.
enum End {
    Complete,
    Calls,
    Length,
    Filtered,
    Refused,
}

/// The stop reasons that say a recorded one in the client's dialect; the first is the best.
fn stops(pair: Pair, recorded: &Said) -> &'static [&'static str] {
    let calls = !recorded.calls.is_empty();
    let worded = matches!(pair.served, Served::Messages | Served::Claude);
    let end = match recorded.stop.as_str() {
        _ if recorded.cut() => End::Length,
        "content_filter"
        | "content_filtered"
        | "guardrail_intervened"
        | "SAFETY"
        | "RECITATION"
        | "PROHIBITED_CONTENT"
        | "BLOCKLIST" => End::Filtered,
        "refusal" => End::Refused,
        _ if !recorded.refusal.is_empty() => End::Refused,
        "tool_use" if calls => End::Calls,
        _ if calls && !worded => End::Calls,
        _ => End::Complete,
    };
    match (pair.client, end) {
        (Wire::Messages, End::Length) => &["max_tokens"],
        (Wire::Messages, End::Filtered | End::Refused) => &["refusal"],
        (Wire::Messages, End::Calls) => &["tool_use"],
        (Wire::Messages, End::Complete) => &["end_turn"],
        (Wire::Chat, End::Length) => &["length"],
        (Wire::Chat | Wire::Responses, End::Filtered) => &["content_filter"],
        (Wire::Chat, End::Refused) => &["content_filter", "stop"],
        (Wire::Chat, End::Calls) => &["tool_calls"],
        (Wire::Chat, End::Complete) => &["stop"],
        (Wire::Responses, End::Length) => &["max_output_tokens"],
        (Wire::Responses, End::Refused) => &["content_filter", "completed"],
        (Wire::Responses, End::Calls | End::Complete) => &["completed"],
        (Wire::Gemini, End::Length) => &["MAX_TOKENS"],
        (Wire::Gemini, End::Filtered) => &["SAFETY"],
        (Wire::Gemini, End::Refused) => &["SAFETY", "STOP"],
        (Wire::Gemini, End::Calls | End::Complete) => &["STOP"],
    }
}

fn calls(recorded: &Said, said: &Said) -> Wrong {
    let cut = recorded.cut();
    // A call that was cut off may be left out; its arguments are no JSON.
    let may_go = |call: &Call| cut && (call.arguments().is_none() || call.raw.trim().is_empty());
    let mut got = said.calls.iter().peekable();
    let mut wrong = Vec::new();
    for call in &recorded.calls {
        let same = |other: &Call| {
            call.name == other.name
                && (call.arguments() == other.arguments()
                    || (may_go(call) && call.raw == other.raw))
        };
        match got.next_if(|other| same(other)) {
            Some(other) => {
                if !id_fits(&call.id, &other.id) {
                    wrong.push(("ids", format!("{} instead of {}", other.id, call.id)));
                }
            }
            None if may_go(call) => {}
            None => {
                wrong.push(("calls", format!("{:?} instead of {call:?}", got.peek())));
                return wrong;
            }
        }
    }
    if let Some(more) = got.next() {
        wrong.push(("calls", format!("invented {more:?}")));
    }
    wrong
}

/// An id stays, unless Anthropic could not take it back.
fn id_fits(recorded: &str, said: &str) -> bool {
    let plain = |id: &str| {
        !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    recorded == said || (!plain(recorded) && plain(said))
}

fn usage(pair: Pair, recorded: &Said, said: &Said) -> Wrong {
    let Some(expected) = Figures::of(pair.served, &recorded.usages) else {
        return Vec::new();
    };
    let mut got = Figures::of(pair.client, &said.usages).unwrap_or_default();
    if recorded.half_told() {
        got.input = expected.input;
    }
    // The thinking's share has no certain place in the other dialect.
    let told = Figures {
        // Google's figures have no place for what was written to a cache.
        written: match pair.client {
            Wire::Gemini => 0,
            _ => expected.written,
        },
        reasoning: if got.reasoning == 0 {
            0
        } else {
            expected.reasoning
        },
        ..expected
    };
    if got == told {
        Vec::new()
    } else {
        vec![("usage", format!("{got:?} instead of {told:?}"))]
    }
}
