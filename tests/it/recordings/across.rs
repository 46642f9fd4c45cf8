//! A recording asked for by a client of another dialect: equal in meaning.

use serde_json::{Value, json};

use super::own::{Wrong, error, faults, pair, told};
use super::{Case, Done, Recorded, Suite, back};
use crate::support::recorded::{Body, Event, Recording, Wire, events, objects};
use crate::support::said::{Call, Figures, Said};

/// A small request of another dialect; its answer is translated.
pub(super) async fn run(suite: &Suite, number: usize, case: &Case) -> Done {
    let recording = &suite.recordings[case.recording];
    let client = case.other;
    let pair = pair(client, recording.wire);
    let model = suite.model(recording.wire, number, case);
    let request = small(client, &model, recording.streamed());
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
                let recorded = Said::read(recording.wire, &recording.objects());
                let said = Said::read(client, &answers);
                wrong.extend(compare((recording.wire, client), &recorded, &said));
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

/// The recorded request to a provider of another dialect: it can be translated.
pub(super) async fn sent(suite: &Suite, number: usize, case: &Case) -> Done {
    let recording = &suite.recordings[case.recording];
    let pair = pair(recording.wire, case.other);
    let mut request = recording.request.clone();
    request["model"] = suite.model(case.other, number, case).into();
    let answer = suite.client.ask(recording.wire, &request).await;
    let (status, dropped) = (answer.status, answer.header("x-manti-dropped").to_owned());
    let text = answer.text().await;
    let wrong = match (status, suite.seen(number).await.as_slice()) {
        (200, [seen]) => back::kept(&request, &seen.json(), &dropped),
        (200, seen) => vec![("sent", format!("asked {} times", seen.len()))],
        // What cannot be said is refused, never guessed; a provider refuses these too.
        (400, _) if recording.status != 200 || impossible(&request) => Vec::new(),
        (status, _) => vec![("status", format!("{status}: {text}"))],
    };
    Done {
        faults: faults(recording, pair, wrong),
        calls: Vec::new(),
    }
}

/// Whether a request is wrong in its own dialect: a tool result without its call, or a call that
/// is never answered, or no words at all; or what is stored elsewhere is a part of it.
fn impossible(request: &Value) -> bool {
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
    let stored = request["previous_response_id"].is_string();
    let empty = request["input"].is_null() && request["messages"].is_null();
    let open = calls.iter().any(|call| !results.contains(call));
    let orphan = results.iter().any(|result| !calls.contains(result));
    open || orphan || stored || empty || text.contains("file_id")
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
    let complaint = match client {
        Wire::Chat => misshapen_chat(&events),
        Wire::Messages => misshapen_messages(&events),
        Wire::Responses => misshapen_responses(&events),
    };
    wrong.extend(complaint.map(|complaint| ("shape", format!("{complaint}: {text}"))));
    Ok((wrong, objects(&events)))
}

/// What OpenAI's libraries would stumble over.
fn misshapen_chat(events: &[Event]) -> Option<String> {
    if events.last().is_none_or(|last| last.data != "[DONE]") {
        return Some("does not end with [DONE]".to_owned());
    }
    let chunks = objects(&events[..events.len() - 1]);
    let (mut finishes, mut calls, mut first) = (0, 0, true);
    for chunk in &chunks {
        for field in ["id", "created", "model", "object"] {
            if chunk[field] != chunks[0][field] || chunk[field].is_null() {
                return Some(format!("{field} is not the same in all chunks"));
            }
        }
        for choice in chunk["choices"].as_array()? {
            if std::mem::take(&mut first) && choice["delta"]["role"] != "assistant" {
                return Some("the first delta has no role".to_owned());
            }
            finishes += i32::from(!choice["finish_reason"].is_null());
            for call in choice["delta"]["tool_calls"]
                .as_array()
                .into_iter()
                .flatten()
            {
                match call["index"].as_u64() {
                    Some(at) if at == calls && call["id"].is_string() => calls += 1,
                    Some(at) if at < calls => {}
                    at => return Some(format!("call index {at:?} after {calls} calls")),
                }
            }
        }
    }
    (finishes != 1).then(|| format!("{finishes} finish reasons"))
}

/// What Anthropic's libraries would stumble over.
fn misshapen_messages(events: &[Event]) -> Option<String> {
    let (mut open, mut blocks, mut stage) = (None, 0, 0);
    for event in events {
        let object: Value = serde_json::from_str(&event.data).ok()?;
        let kind = object["type"].as_str().unwrap_or_default();
        if event.name.as_deref() != Some(kind) {
            return Some(format!("event {:?} of type {kind}", event.name));
        }
        let index = object["index"].as_u64();
        let fits = match (stage, kind) {
            (_, "ping") => true,
            (0, "message_start") => {
                stage = 1;
                let message = &object["message"];
                message["usage"]["input_tokens"].is_u64() && message["content"] == json!([])
            }
            (1, "content_block_start") => {
                blocks += 1;
                open.replace(blocks - 1).is_none() && index == open
            }
            (1, "content_block_delta") => open.is_some() && index == open,
            (1, "content_block_stop") => index.is_some() && index == open.take(),
            (1, "message_delta") => {
                stage = 2;
                open.is_none() && object["delta"]["stop_reason"].is_string()
            }
            (2, "message_stop") => {
                stage = 3;
                true
            }
            _ => false,
        };
        if !fits {
            return Some(format!("{kind} does not fit: {object}"));
        }
    }
    (stage != 3).then(|| "does not end with message_stop".to_owned())
}

/// What OpenAI's libraries and Codex would stumble over in responses.
fn misshapen_responses(events: &[Event]) -> Option<String> {
    let (mut open, mut items, mut last) = (None, Vec::new(), None);
    for (number, event) in events.iter().enumerate() {
        let object: Value = serde_json::from_str(&event.data).ok()?;
        let kind = object["type"].as_str().unwrap_or_default().to_owned();
        let fits = match kind.as_str() {
            "response.created" => number == 0,
            "response.in_progress" => number > 0,
            "response.output_item.added" => {
                let place = object["output_index"].as_u64();
                place == Some(items.len() as u64)
                    && open.replace(object["item"]["id"].clone()).is_none()
            }
            "response.output_item.done" => {
                let fits = open.take() == Some(object["item"]["id"].clone());
                items.push(object["item"].clone());
                fits
            }
            "response.completed" | "response.incomplete" => {
                open.is_none() && object["response"]["output"] == Value::Array(items.clone())
            }
            _ => open.as_ref() == Some(&object["item_id"]),
        };
        let numbered = object["sequence_number"].as_u64() == Some(number as u64);
        if event.name.as_deref() != Some(&kind) || !numbered || !fits {
            return Some(format!("event {number}, {kind}, does not fit: {object}"));
        }
        last = Some(kind);
    }
    let ends = ["response.completed", "response.incomplete"];
    let ended = last.is_some_and(|last| ends.contains(&last.as_str()));
    (!ended).then(|| "does not end with the whole answer".to_owned())
}

/// What the client's dialect can say of a recorded answer must be said.
fn compare((wire, client): (Wire, Wire), recorded: &Said, said: &Said) -> Wrong {
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
    let stops = stops(wire, client, recorded);
    if !stops.contains(&said.stop.as_str()) {
        expect("stop", &said.stop, stops[0]);
    }
    wrong.extend(calls(recorded, said));
    wrong.extend(usage((wire, client), recorded, said));
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
fn stops(wire: Wire, client: Wire, recorded: &Said) -> &'static [&'static str] {
    let calls = !recorded.calls.is_empty();
    let end = match recorded.stop.as_str() {
        "length" | "max_tokens" | "max_output_tokens" | "model_context_window_exceeded" => {
            End::Length
        }
        "content_filter" => End::Filtered,
        "refusal" => End::Refused,
        _ if !recorded.refusal.is_empty() => End::Refused,
        "tool_use" if calls => End::Calls,
        _ if calls && wire != Wire::Messages => End::Calls,
        _ => End::Complete,
    };
    match (client, end) {
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
    }
}

fn calls(recorded: &Said, said: &Said) -> Wrong {
    let cut = matches!(
        recorded.stop.as_str(),
        "length" | "max_tokens" | "max_output_tokens"
    );
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

fn usage((wire, client): (Wire, Wire), recorded: &Said, said: &Said) -> Wrong {
    let Some(expected) = Figures::of(wire, &recorded.usages) else {
        return Vec::new();
    };
    let got = Figures::of(client, &said.usages).unwrap_or_default();
    // The thinking's share has no certain place in the other dialect.
    let told = Figures {
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
