//! What clients' libraries would stumble over in a translated stream.

use serde_json::{Value, json};

use crate::support::recorded::{Event, objects};
use crate::support::wire::Wire;

/// What of a stream's form a client of the dialect would stumble over.
pub(super) fn misshapen(client: Wire, events: &[Event]) -> Option<String> {
    match client {
        Wire::Chat => misshapen_chat(events),
        Wire::Messages => misshapen_messages(events),
        Wire::Responses => misshapen_responses(events),
        Wire::Gemini => misshapen_contents(events),
    }
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

/// What Google's libraries would stumble over.
fn misshapen_contents(events: &[Event]) -> Option<String> {
    let objects = objects(events);
    for (event, object) in events.iter().zip(&objects) {
        let whole = object["responseId"].is_string() && object["modelVersion"].is_string();
        let empty = object["candidates"].as_array().is_none_or(Vec::is_empty);
        if event.name.is_some() || !whole || empty {
            return Some(format!("{event:?} does not fit"));
        }
        let parts = object["candidates"][0]["content"]["parts"].as_array();
        for part in parts.into_iter().flatten() {
            let call = &part["functionCall"];
            let fits = part["text"].is_string() || call["args"].is_object();
            if !fits {
                return Some(format!("part {part} does not fit"));
            }
        }
    }
    let (last, before) = objects.split_last()?;
    let finish = |object: &Value| object["candidates"][0]["finishReason"].is_string();
    let ended = finish(last) && !before.iter().any(finish);
    (!ended).then(|| "does not end once".to_owned())
}
