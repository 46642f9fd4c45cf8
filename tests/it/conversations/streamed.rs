//! The same model's answers as streams.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::scripted::{
    Turn, blocks, cohere_message, cohere_usage, contents, converse_blocks, functions, items,
    ollama_line, parts, plain, stop,
};
use crate::support::frames;
use crate::support::spoken::{chat_usage, chunk, data, event, usage_chunk};
use crate::support::wire::Served;

/// An answer as a stream.
pub(super) fn stream(served: Served, turn: &Turn) -> Vec<u8> {
    match served {
        Served::Chat => chat_stream(turn).into(),
        Served::Messages => message_events(turn)
            .iter()
            .map(event)
            .collect::<String>()
            .into(),
        Served::Claude => {
            let frame = |object: &Value| {
                let bytes = STANDARD.encode(object.to_string());
                frames::event("chunk", &json!({"bytes": bytes, "p": "abc"}))
            };
            message_events(turn).iter().flat_map(frame).collect()
        }
        Served::Responses => response_events(turn)
            .iter()
            .map(event)
            .collect::<String>()
            .into(),
        Served::Gemini => {
            let parts = parts(turn);
            let last = parts.len() - 1;
            let pieces = parts.into_iter().enumerate();
            let pieces = pieces.map(|(at, part)| data(&contents(&[part], at == last)));
            pieces.collect::<String>().into()
        }
        Served::Converse => converse_frames(turn).concat(),
        Served::Cohere => cohere_events(turn).into(),
        Served::Ollama => {
            let mut first = ollama_line(turn, false);
            first["message"]["tool_calls"] = json!([]);
            first["message"]["content"] = "".into();
            let mut last = ollama_line(turn, true);
            last["message"]["thinking"] = Value::Null;
            format!("{first}\n{last}\n").into()
        }
    }
}

fn chat_stream(turn: &Turn) -> String {
    let mut pieces = vec![chunk(&json!({"role": "assistant", "content": ""}), None)];
    if !turn.thought.is_empty() {
        pieces.push(chunk(&json!({"reasoning_content": turn.thought}), None));
    }
    if !turn.text.is_empty() {
        pieces.push(chunk(&json!({"content": turn.text}), None));
    }
    for (at, mut call) in functions(turn, true).into_iter().enumerate() {
        call["index"] = at.into();
        pieces.push(chunk(&json!({"tool_calls": [call]}), None));
    }
    pieces.push(chunk(&json!({}), Some(stop(turn, "tool_calls", "stop"))));
    pieces.push(usage_chunk(&chat_usage(10, 20)));
    pieces.concat() + "data: [DONE]\n\n"
}

fn message_events(turn: &Turn) -> Vec<Value> {
    let mut message = plain(Served::Messages, turn);
    message["content"] = json!([]);
    message["stop_reason"] = Value::Null;
    let mut events = vec![json!({"type": "message_start", "message": message})];
    for (at, block) in blocks(turn).into_iter().enumerate() {
        let (empty, deltas) = opened(&block);
        events.push(json!({"type": "content_block_start", "index": at, "content_block": empty}));
        for delta in deltas {
            events.push(json!({"type": "content_block_delta", "index": at, "delta": delta}));
        }
        events.push(json!({"type": "content_block_stop", "index": at}));
    }
    events.push(
        json!({"type": "message_delta", "usage": {"output_tokens": 20},
        "delta": {"stop_reason": stop(turn, "tool_use", "end_turn"), "stop_sequence": null}}),
    );
    events.push(json!({"type": "message_stop"}));
    events
}

/// A block as it is announced, and what follows of it.
fn opened(block: &Value) -> (Value, Vec<Value>) {
    let mut empty = block.clone();
    let deltas = match block["type"].as_str() {
        Some("thinking") => {
            empty["thinking"] = "".into();
            empty["signature"] = "".into();
            vec![
                json!({"type": "thinking_delta", "thinking": block["thinking"]}),
                json!({"type": "signature_delta", "signature": block["signature"]}),
            ]
        }
        Some("text") => {
            empty["text"] = "".into();
            vec![json!({"type": "text_delta", "text": block["text"]})]
        }
        _ => {
            empty["input"] = json!({});
            let json = block["input"].to_string();
            vec![json!({"type": "input_json_delta", "partial_json": json})]
        }
    };
    (empty, deltas)
}

fn response_events(turn: &Turn) -> Vec<Value> {
    let whole = plain(Served::Responses, turn);
    let mut open = whole.clone();
    open["status"] = "in_progress".into();
    open["output"] = json!([]);
    let mut events = vec![json!({"type": "response.created", "response": open})];
    for (at, item) in items(turn).into_iter().enumerate() {
        let id = item["id"].clone();
        let mut added = item.clone();
        // What is announced of a thought differs from what is told in the end.
        added["encrypted_content"] = "gAAAdifferent".into();
        events.push(
            json!({"type": "response.output_item.added", "output_index": at,
            "item": added}),
        );
        if item["type"] == "message" {
            events.push(json!({"type": "response.output_text.delta", "item_id": id,
                "output_index": at, "content_index": 0, "delta": turn.text}));
        }
        if item["type"] == "reasoning" {
            events.push(
                json!({"type": "response.reasoning_summary_text.delta", "item_id": id,
                "output_index": at, "summary_index": 0, "delta": turn.thought}),
            );
        }
        events.push(
            json!({"type": "response.output_item.done", "output_index": at,
            "item": item}),
        );
    }
    events.push(json!({"type": "response.completed", "response": whole}));
    events
}

fn converse_frames(turn: &Turn) -> Vec<Vec<u8>> {
    let mut out = vec![frames::event("messageStart", &json!({"role": "assistant"}))];
    for (at, block) in converse_blocks(turn).into_iter().enumerate() {
        let mut deltas = Vec::new();
        if block["toolUse"].is_object() {
            let call = &block["toolUse"];
            let start = json!({"toolUse": {"toolUseId": call["toolUseId"], "name": call["name"]}});
            let started = json!({"contentBlockIndex": at, "start": start});
            out.push(frames::event("contentBlockStart", &started));
            deltas.push(json!({"toolUse": {"input": call["input"].to_string()}}));
        } else if block["text"].is_string() {
            deltas.push(block);
        } else {
            deltas.push(json!({"reasoningContent": {"text": turn.thought}}));
            deltas.push(json!({"reasoningContent": {"signature": turn.secret}}));
        }
        for delta in deltas {
            let told = json!({"contentBlockIndex": at, "delta": delta});
            out.push(frames::event("contentBlockDelta", &told));
        }
        let stopped = json!({"contentBlockIndex": at});
        out.push(frames::event("contentBlockStop", &stopped));
    }
    let reason = json!({"stopReason": stop(turn, "tool_use", "end_turn")});
    out.push(frames::event("messageStop", &reason));
    let usage = json!({"inputTokens": 10, "outputTokens": 20, "totalTokens": 30});
    out.push(frames::event("metadata", &json!({"usage": usage})));
    out
}

fn cohere_events(turn: &Turn) -> String {
    let said = |kind: &str, index: usize, message: Value| json!({"type": kind, "index": index, "delta": {"message": message}});
    let mut events = vec![json!({"type": "message-start", "id": "c-1",
        "delta": {"message": {"role": "assistant"}}})];
    let message = cohere_message(turn);
    for (at, part) in message["content"]
        .as_array()
        .into_iter()
        .flatten()
        .enumerate()
    {
        let field = part["type"].as_str().expect("a part has a type");
        let empty = json!({"type": field, field: ""});
        events.push(said("content-start", at, json!({"content": empty})));
        let words = json!({"content": {field: part[field]}});
        events.push(said("content-delta", at, words));
        events.push(json!({"type": "content-end", "index": at}));
    }
    for (at, call) in functions(turn, true).into_iter().enumerate() {
        let mut begun = call.clone();
        begun["function"]["arguments"] = "".into();
        events.push(said("tool-call-start", at, json!({"tool_calls": begun})));
        let arguments = json!({"arguments": call["function"]["arguments"]});
        let more = json!({"tool_calls": {"function": arguments}});
        events.push(said("tool-call-delta", at, more));
        events.push(json!({"type": "tool-call-end", "index": at}));
    }
    events.push(
        json!({"type": "message-end", "delta": {"usage": cohere_usage(),
        "finish_reason": stop(turn, "TOOL_CALL", "COMPLETE")}}),
    );
    events.iter().map(event).collect()
}
