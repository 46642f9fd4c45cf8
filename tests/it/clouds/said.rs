//! What the providers say: one small answer in each of their formats, 20 tokens read and 9 written.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) use crate::support::frames::{event, frame};
use crate::support::upstream::{Act, Seen, answer, chunk, end, head, json as plain};

/// What AWS calls its streams.
pub(super) const FRAMES: &str = "application/vnd.amazon.eventstream";

/// A stream whose bytes come in small pieces.
pub(super) fn stream(kind: &str, bytes: &[u8]) -> Vec<Act> {
    let mut acts = vec![head(
        200,
        &[("content-type", kind), ("transfer-encoding", "chunked")],
    )];
    acts.extend(bytes.chunks(50).map(chunk));
    acts.push(end());
    acts
}

pub(super) fn ollama(stream_asked: bool) -> Vec<Act> {
    let line = |message: &Value, more: &Value| {
        let mut line = json!({"model": "tiny", "created_at": "2026-08-05T08:11:04.3Z",
            "message": message, "done": false});
        for (name, value) in more.as_object().unwrap() {
            line[name] = value.clone();
        }
        line
    };
    let ends =
        json!({"done": true, "done_reason": "stop", "prompt_eval_count": 20, "eval_count": 9});
    if !stream_asked {
        let message = json!({"role": "assistant", "content": "Hello!"});
        return plain(200, &line(&message, &ends).to_string());
    }
    let said = |text: &str| json!({"role": "assistant", "content": text});
    let lines = [
        line(&said("Hel"), &json!({})),
        line(&said("lo!"), &json!({})),
        line(&said(""), &ends),
    ];
    let lines = lines.map(|line| format!("{line}\n")).concat();
    stream("application/x-ndjson", lines.as_bytes())
}

pub(super) fn cohere(stream_asked: bool) -> Vec<Act> {
    let usage = json!({"billed_units": {"input_tokens": 20, "output_tokens": 9},
        "tokens": {"input_tokens": 500, "output_tokens": 11}, "cached_tokens": 400});
    if !stream_asked {
        let message = json!({"role": "assistant", "content": [{"type": "text", "text": "Hello!"}]});
        let body =
            json!({"id": "c-1", "finish_reason": "COMPLETE", "message": message, "usage": usage});
        return plain(200, &body.to_string());
    }
    let piece = |text: &str| json!({"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}});
    let events = [
        json!({"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}}),
        json!({"type": "content-start", "index": 0,
            "delta": {"message": {"content": {"type": "text", "text": ""}}}}),
        piece("Hel"),
        piece("lo!"),
        json!({"type": "content-end", "index": 0}),
        json!({"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": usage}}),
    ];
    let events = events.map(|event| {
        let name = event["type"].as_str().unwrap_or_default();
        format!("event: {name}\ndata: {event}\n\n")
    });
    stream(
        "text/event-stream",
        (events.concat() + "data: [DONE]\n\n").as_bytes(),
    )
}

pub(super) fn converse() -> Vec<Act> {
    let usage = json!({"inputTokens": 20, "outputTokens": 9, "totalTokens": 29});
    let message = json!({"role": "assistant", "content": [{"text": "Hello!"}]});
    let body = json!({"output": {"message": message}, "stopReason": "end_turn", "usage": usage});
    plain(200, &body.to_string())
}

pub(super) fn converse_frames() -> Vec<Vec<u8>> {
    let piece = |text: &str| {
        event(
            "contentBlockDelta",
            &json!({"contentBlockIndex": 0, "delta": {"text": text}, "p": "ab"}),
        )
    };
    vec![
        event("messageStart", &json!({"role": "assistant"})),
        piece("Hel"),
        piece("lo!"),
        event("contentBlockStop", &json!({"contentBlockIndex": 0})),
        event("messageStop", &json!({"stopReason": "end_turn"})),
        event(
            "metadata",
            &json!({"usage": {"inputTokens": 20, "outputTokens": 9, "totalTokens": 29}}),
        ),
    ]
}

pub(super) fn claude() -> Vec<Act> {
    let body = json!({"id": "msg_bdrk_1", "type": "message", "role": "assistant",
        "model": "claude-sonnet-4-5", "content": [{"type": "text", "text": "Hello!"}],
        "stop_reason": "end_turn", "stop_sequence": null,
        "usage": {"input_tokens": 20, "output_tokens": 9}});
    plain(200, &body.to_string())
}

pub(super) fn claude_frames() -> Vec<u8> {
    let usage = json!({"input_tokens": 20, "output_tokens": 1});
    let message = json!({"id": "msg_bdrk_1", "type": "message", "role": "assistant",
        "model": "claude-sonnet-4-5", "content": [], "stop_reason": null, "stop_sequence": null,
        "usage": usage});
    let delta = |text: &str| {
        json!({"type": "content_block_delta", "index": 0,
            "delta": {"type": "text_delta", "text": text}})
    };
    let events = [
        json!({"type": "message_start", "message": message}),
        json!({"type": "content_block_start", "index": 0,
            "content_block": {"type": "text", "text": ""}}),
        delta("Hel"),
        delta("lo!"),
        json!({"type": "content_block_stop", "index": 0}),
        json!({"type": "message_delta", "usage": {"output_tokens": 9},
            "delta": {"stop_reason": "end_turn", "stop_sequence": null}}),
        json!({"type": "message_stop", "amazon-bedrock-invocationMetrics":
            {"inputTokenCount": 20, "outputTokenCount": 9}}),
    ];
    events
        .iter()
        .map(|inner| {
            let bytes = STANDARD.encode(inner.to_string());
            event("chunk", &json!({"bytes": bytes, "p": "abc"}))
        })
        .collect::<Vec<_>>()
        .concat()
}

/// Answers by the address.
pub(super) fn agreeable(seen: &Seen) -> Vec<Act> {
    let path = seen.target.as_str();
    match path.rsplit('/').next().unwrap_or_default() {
        "chat" if path == "/api/chat" => ollama(seen.json()["stream"] == true),
        "chat" => cohere(seen.json()["stream"] == true),
        "converse" => converse(),
        "converse-stream" => stream(FRAMES, &converse_frames().concat()),
        "invoke" => claude(),
        "invoke-with-response-stream" => stream(FRAMES, &claude_frames()),
        _ => answer(404, &[], b""),
    }
}
