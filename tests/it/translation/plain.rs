//! What an answer says, without how: read from our form, and straight from the providers' JSON.

use manti::dialects::Dialect;
use manti::models::chat::{Content, Response, Stop};
use manti::models::usage::Tokens;
use serde_json::Value;

/// What one answer says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    pub(super) text: String,
    pub(super) thinking: String,
    /// Id, name, arguments.
    pub(super) calls: Vec<(String, String, Value)>,
    pub(super) secrets: Vec<String>,
    pub(super) stop: String,
    pub(super) usage: Option<Tokens>,
}

/// What our form says.
pub(super) fn of(response: &Response) -> Said {
    let mut said = Said {
        usage: response.usage.clone(),
        ..Said::default()
    };
    let Some(choice) = response.choices.iter().min_by_key(|choice| choice.index) else {
        return said;
    };
    for block in &choice.blocks {
        match &block.content {
            Content::Text { text, .. } | Content::Refusal(text) => said.text.push_str(text),
            Content::Thinking(thought) => {
                said.thinking.push_str(&thought.text);
                said.secrets
                    .extend(thought.secret.as_ref().map(|secret| secret.data.clone()));
            }
            Content::Call(call) => said.calls.push((
                call.id.clone(),
                call.name.clone(),
                arguments(&call.arguments),
            )),
            _ => {}
        }
    }
    said.stop = match &choice.stop {
        // What only one of the dialects can say is said as the next best.
        Some(Stop::End | Stop::Sequence(_) | Stop::Pause) => "end".to_owned(),
        Some(Stop::Filter | Stop::Refusal) => "refused".to_owned(),
        Some(stop) => format!("{stop:?}"),
        None => "none".to_owned(),
    };
    said
}

/// Arguments by their meaning; what is no JSON by its text.
pub(super) fn arguments(text: &str) -> Value {
    let says = if text.trim().is_empty() || text.trim() == "null" {
        "{}"
    } else {
        text
    };
    serde_json::from_str(says).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What the provider's own JSON says, read without our readers.
pub(super) fn straight(dialect: Dialect, body: &Value) -> (String, Vec<(String, Value)>) {
    let mut text = String::new();
    let mut calls = Vec::new();
    match dialect {
        Dialect::Completions
        | Dialect::Service(_)
        | Dialect::Gemini
        | Dialect::Ollama
        | Dialect::Cohere
        | Dialect::Converse => unreachable!("not asked so"),
        Dialect::Chat => {
            let message = &body["choices"][0]["message"];
            match &message["content"] {
                Value::String(content) => text.push_str(content),
                Value::Array(parts) => {
                    for part in parts {
                        text.push_str(part["text"].as_str().unwrap_or(""));
                    }
                }
                _ => {}
            }
            text.push_str(message["refusal"].as_str().unwrap_or(""));
            for call in message["tool_calls"].as_array().into_iter().flatten() {
                calls.push(called(&call["function"]));
            }
            if message["function_call"].is_object() {
                calls.push(called(&message["function_call"]));
            }
        }
        Dialect::Messages => {
            for block in body["content"].as_array().into_iter().flatten() {
                match block["type"].as_str() {
                    Some("text") => text.push_str(block["text"].as_str().unwrap()),
                    Some("tool_use") => calls.push((
                        block["name"].as_str().unwrap().to_owned(),
                        block["input"].clone(),
                    )),
                    _ => {}
                }
            }
        }
        Dialect::Responses => {
            for item in body["output"].as_array().into_iter().flatten() {
                for part in item["content"].as_array().into_iter().flatten() {
                    if item["type"] == "message" {
                        text.push_str(part["text"].as_str().unwrap_or(""));
                        text.push_str(part["refusal"].as_str().unwrap_or(""));
                    }
                }
                if item["type"] == "function_call" {
                    calls.push(called(item));
                }
            }
        }
    }
    (text, calls)
}

fn called(function: &Value) -> (String, Value) {
    (
        function["name"].as_str().unwrap().to_owned(),
        arguments(function["arguments"].as_str().unwrap_or("")),
    )
}

/// The same of a stream: its data, line by line.
pub(super) fn straight_stream(dialect: Dialect, stream: &str) -> (String, Vec<(String, Value)>) {
    let mut text = String::new();
    let mut thoughts = String::new();
    let mut calls: Vec<(u64, String, String)> = Vec::new();
    for line in stream.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(data) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        match dialect {
            Dialect::Completions
            | Dialect::Service(_)
            | Dialect::Gemini
            | Dialect::Ollama
            | Dialect::Cohere
            | Dialect::Converse => unreachable!("not asked so"),
            Dialect::Chat => {
                for choice in data["choices"].as_array().into_iter().flatten() {
                    if choice["index"].as_u64().unwrap_or(0) == 0 {
                        chunk(&choice["delta"], &mut text, &mut thoughts, &mut calls);
                    }
                }
            }
            Dialect::Messages => {
                let index = data["index"].as_u64().unwrap_or(0);
                let block = &data["content_block"];
                if block["type"] == "tool_use" {
                    let name = block["name"].as_str().unwrap().to_owned();
                    calls.push((index, name, String::new()));
                }
                let delta = &data["delta"];
                text.push_str(delta["text"].as_str().unwrap_or(""));
                if let Some(open) = calls.iter_mut().find(|call| call.0 == index) {
                    open.2
                        .push_str(delta["partial_json"].as_str().unwrap_or(""));
                }
            }
            // The last event tells all of it.
            Dialect::Responses => {
                if data["response"]["status"] != "in_progress" && data["response"].is_object() {
                    return straight(dialect, &data["response"]);
                }
            }
        }
    }
    let calls = calls
        .into_iter()
        .map(|(_, name, text)| (name, arguments(&text)))
        .collect();
    (text, calls)
}

fn chunk(
    delta: &Value,
    text: &mut String,
    thoughts: &mut String,
    calls: &mut Vec<(u64, String, String)>,
) {
    match &delta["content"] {
        Value::String(content) => text.push_str(content),
        Value::Array(parts) => {
            for part in parts {
                text.push_str(part["text"].as_str().unwrap_or(""));
            }
        }
        _ => {}
    }
    text.push_str(delta["refusal"].as_str().unwrap_or(""));
    thoughts.push_str(delta["reasoning_content"].as_str().unwrap_or(""));
    for call in delta["tool_calls"].as_array().into_iter().flatten() {
        let index = call["index"].as_u64().unwrap_or(0);
        let function = &call["function"];
        match calls.iter_mut().find(|known| known.0 == index) {
            Some(known) => known
                .2
                .push_str(function["arguments"].as_str().unwrap_or("")),
            None => calls.push((
                index,
                function["name"].as_str().unwrap_or("").to_owned(),
                function["arguments"].as_str().unwrap_or("").to_owned(),
            )),
        }
    }
}
