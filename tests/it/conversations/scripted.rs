//! A model that thinks, calls tools and thinks again: its whole answers in each wire format.

use serde_json::{Value, json};

use crate::support::spoken::{MODEL, chat_usage};
use crate::support::wire::Served;

/// What the model says in one turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Turn {
    pub(super) thought: &'static str,
    /// What proves the thought; base64, as Google's libraries take nothing else.
    pub(super) secret: &'static str,
    pub(super) calls: &'static [Call],
    pub(super) text: &'static str,
}

/// A call of the one tool there is.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: &'static str,
    pub(super) city: &'static str,
}

/// What the tool is called.
pub(super) const TOOL: &str = "weather";

/// The whole conversation: one call, two at once, an answer.
pub(super) const TURNS: [Turn; 3] = [
    Turn {
        thought: "Paris first: it is n\u{e4}her. ",
        secret: "EpQBCkYIBxgCKkDo+/ThxQp1aGZpcnN0c2VjcmV0b2Z0aGVtb2RlbEFBQUFBQUFB",
        calls: &[Call {
            id: "toolu_01A09q90qw90lq917835lq9",
            city: "Paris",
        }],
        text: "",
    },
    Turn {
        thought: "Now the other two.\n",
        secret: "EqwCCkYIBxgCKkAx/y+ZbmV4dHNlY3JldG9mdGhlbW9kZWxCQkJCQkJCQkJCQkJC",
        calls: &[
            Call {
                id: "toolu_02B09q90qw90lq917835lq9",
                city: "Oslo",
            },
            Call {
                id: "toolu_03C09q90qw90lq917835lq9",
                city: "Rome",
            },
        ],
        text: "Paris is mild.",
    },
    Turn {
        thought: "",
        secret: "",
        calls: &[],
        text: "Rome is warmest.",
    },
];

impl Call {
    pub(super) fn input(&self) -> Value {
        json!({"city": self.city})
    }
}

/// A whole answer.
pub(super) fn plain(served: Served, turn: &Turn) -> Value {
    match served {
        Served::Chat => {
            let choice = json!({"index": 0, "message": chat_message(turn), "logprobs": null,
                "finish_reason": stop(turn, "tool_calls", "stop")});
            json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1_790_000_000,
                "model": MODEL, "choices": [choice], "usage": chat_usage(10, 20)})
        }
        Served::Messages | Served::Claude => json!({"id": "msg_1", "type": "message",
            "role": "assistant", "model": "claude-sonnet-4-5-20250929",
            "content": blocks(turn), "stop_reason": stop(turn, "tool_use", "end_turn"),
            "stop_sequence": null, "usage": {"input_tokens": 10, "output_tokens": 20}}),
        Served::Responses => json!({"id": "resp_1", "object": "response", "error": null,
            "created_at": 1_790_000_000, "model": "gpt-5.2-2025-12-11", "status": "completed",
            "output": items(turn),
            "usage": {"input_tokens": 10, "output_tokens": 20, "total_tokens": 30}}),
        Served::Gemini => contents(&parts(turn), true),
        Served::Converse => json!({"output": {"message": {"role": "assistant",
                "content": converse_blocks(turn)}},
            "stopReason": stop(turn, "tool_use", "end_turn"),
            "usage": {"inputTokens": 10, "outputTokens": 20, "totalTokens": 30}}),
        Served::Cohere => json!({"id": "c-1", "message": cohere_message(turn),
            "finish_reason": stop(turn, "TOOL_CALL", "COMPLETE"), "usage": cohere_usage()}),
        Served::Ollama => ollama_line(turn, true),
    }
}

pub(super) fn stop(turn: &Turn, calls: &'static str, end: &'static str) -> &'static str {
    if turn.calls.is_empty() { end } else { calls }
}

/// Calls as chat completions, Cohere and Ollama have them.
pub(super) fn functions(turn: &Turn, text: bool) -> Vec<Value> {
    let function = |call: &Call| {
        let input = call.input();
        let arguments = if text {
            input.to_string().into()
        } else {
            input
        };
        json!({"id": call.id, "type": "function",
            "function": {"name": TOOL, "arguments": arguments}})
    };
    turn.calls.iter().map(function).collect()
}

fn chat_message(turn: &Turn) -> Value {
    let mut message = json!({"role": "assistant", "content": turn.text, "refusal": null});
    if !turn.thought.is_empty() {
        message["reasoning_content"] = turn.thought.into();
    }
    if !turn.calls.is_empty() {
        message["tool_calls"] = functions(turn, true).into();
    }
    message
}

pub(super) fn blocks(turn: &Turn) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !turn.thought.is_empty() {
        blocks
            .push(json!({"type": "thinking", "thinking": turn.thought, "signature": turn.secret}));
    }
    if !turn.text.is_empty() {
        blocks.push(json!({"type": "text", "text": turn.text}));
    }
    blocks.extend(turn.calls.iter().map(
        |call| json!({"type": "tool_use", "id": call.id, "name": TOOL, "input": call.input()}),
    ));
    blocks
}

pub(super) fn items(turn: &Turn) -> Vec<Value> {
    let mut items = Vec::new();
    if !turn.thought.is_empty() {
        let part = json!({"type": "summary_text", "text": turn.thought});
        items.push(
            json!({"id": format!("rs_{}", turn.calls[0].id), "type": "reasoning",
            "summary": [part], "encrypted_content": turn.secret}),
        );
    }
    if !turn.text.is_empty() {
        let part = json!({"type": "output_text", "text": turn.text, "annotations": []});
        items.push(
            json!({"id": "msg_1", "type": "message", "status": "completed",
            "role": "assistant", "content": [part]}),
        );
    }
    items.extend(turn.calls.iter().map(|call| {
        json!({"id": format!("fc_{}", call.id), "type": "function_call", "status": "completed",
            "call_id": call.id, "name": TOOL, "arguments": call.input().to_string()})
    }));
    items
}

/// The proof of a turn stands on its first call.
pub(super) fn parts(turn: &Turn) -> Vec<Value> {
    let mut parts = Vec::new();
    if !turn.thought.is_empty() {
        parts.push(json!({"text": turn.thought, "thought": true}));
    }
    if !turn.text.is_empty() {
        parts.push(json!({"text": turn.text}));
    }
    for (at, call) in turn.calls.iter().enumerate() {
        let inner = json!({"id": call.id, "name": TOOL, "args": call.input()});
        let mut part = json!({"functionCall": inner});
        if at == 0 {
            part["thoughtSignature"] = turn.secret.into();
        }
        parts.push(part);
    }
    parts
}

pub(super) fn contents(parts: &[Value], last: bool) -> Value {
    let content = json!({"role": "model", "parts": parts});
    let mut object = json!({"candidates": [{"index": 0, "content": content}],
        "modelVersion": "gemini-3.1-pro-preview", "responseId": "r1"});
    if last {
        object["candidates"][0]["finishReason"] = "STOP".into();
        object["usageMetadata"] = json!({"promptTokenCount": 10, "candidatesTokenCount": 20,
            "totalTokenCount": 30});
    }
    object
}

pub(super) fn converse_blocks(turn: &Turn) -> Vec<Value> {
    let mut blocks = Vec::new();
    if !turn.thought.is_empty() {
        let text = json!({"text": turn.thought, "signature": turn.secret});
        blocks.push(json!({"reasoningContent": {"reasoningText": text}}));
    }
    if !turn.text.is_empty() {
        blocks.push(json!({"text": turn.text}));
    }
    blocks.extend(turn.calls.iter().map(
        |call| json!({"toolUse": {"toolUseId": call.id, "name": TOOL, "input": call.input()}}),
    ));
    blocks
}

pub(super) fn cohere_usage() -> Value {
    json!({"billed_units": {"input_tokens": 10, "output_tokens": 20}})
}

pub(super) fn cohere_message(turn: &Turn) -> Value {
    let mut content = Vec::new();
    if !turn.thought.is_empty() {
        content.push(json!({"type": "thinking", "thinking": turn.thought}));
    }
    if !turn.text.is_empty() {
        content.push(json!({"type": "text", "text": turn.text}));
    }
    let mut message = json!({"role": "assistant", "content": content});
    if !turn.calls.is_empty() {
        message["tool_calls"] = functions(turn, true).into();
    }
    message
}

pub(super) fn ollama_line(turn: &Turn, done: bool) -> Value {
    let message = json!({"role": "assistant", "content": turn.text, "thinking": turn.thought,
        "tool_calls": functions(turn, false)});
    let mut line = json!({"model": MODEL, "created_at": "2026-08-05T08:11:04.3Z",
        "message": message, "done": done});
    if done {
        line["done_reason"] = "stop".into();
        line["prompt_eval_count"] = 10.into();
        line["eval_count"] = 20.into();
    }
    line
}
