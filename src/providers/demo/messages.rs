//! The demo's answers as Anthropic messages.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, End};
use super::chat::Events;

pub(super) fn whole(answer: &Answer) -> String {
    let mut message = message(answer);
    message["content"] = json!([{"type": "text", "text": answer.text()}]);
    (message["stop_reason"], message["stop_sequence"]) = reason(answer);
    message["usage"] = usage(answer, answer.output_tokens);
    message.to_string()
}

pub(super) fn events(answer: &Answer) -> Events {
    let start = event("message_start", &json!({"message": message(answer)}));
    let open = json!({"index": 0, "content_block": {"type": "text", "text": ""}});
    let open = event("content_block_start", &open);
    let ping = event("ping", &json!({}));
    let word = |piece: &String| {
        let delta = json!({"index": 0, "delta": {"type": "text_delta", "text": piece}});
        event("content_block_delta", &delta)
    };
    let close = event("content_block_stop", &json!({"index": 0}));
    let (stop_reason, stop_sequence) = reason(answer);
    let end = json!({
        "delta": {"stop_reason": stop_reason, "stop_sequence": stop_sequence},
        "usage": usage(answer, answer.output_tokens),
    });
    let end = event("message_delta", &end);
    let stop = event("message_stop", &json!({}));
    Events {
        before: start + &open + &ping,
        words: answer.pieces.iter().map(word).collect(),
        after: close + &end + &stop,
    }
}

pub(super) fn error(status: StatusCode, message: &str, _: Option<&str>) -> String {
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        StatusCode::NOT_FOUND => "not_found_error",
        StatusCode::BAD_REQUEST => "invalid_request_error",
        _ => "api_error",
    };
    json!({"type": "error", "error": {"type": kind, "message": message}}).to_string()
}

/// An event whose data names its type first.
fn event(kind: &str, rest: &Value) -> String {
    let mut data = json!({"type": kind});
    if let (Some(data), Some(rest)) = (data.as_object_mut(), rest.as_object()) {
        data.extend(rest.clone());
    }
    format!("event: {kind}\ndata: {data}\n\n")
}

/// The message as it is at the start.
fn message(answer: &Answer) -> Value {
    json!({
        "id": format!("msg_{}", answer.id),
        "type": "message",
        "role": "assistant",
        "model": answer.model,
        "content": [],
        "stop_reason": null,
        "stop_sequence": null,
        "usage": usage(answer, 0),
    })
}

fn reason(answer: &Answer) -> (Value, Value) {
    match &answer.end {
        End::Said => (json!("end_turn"), Value::Null),
        End::Length => (json!("max_tokens"), Value::Null),
        End::Stop(stop) => (json!("stop_sequence"), json!(stop)),
    }
}

fn usage(answer: &Answer, output: u64) -> Value {
    json!({
        "input_tokens": answer.input_tokens,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
        "output_tokens": output,
    })
}
