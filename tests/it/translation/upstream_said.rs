//! What an answer says in formats that no client speaks, read straight from the providers' JSON.

use manti::dialects::Dialect;
use manti::models::chat::{Content, Response, Stop};
use serde_json::Value;

/// What an answer says.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Said {
    text: String,
    thinking: String,
    /// Id where there is one, name, arguments.
    calls: Vec<(String, String, Value)>,
    stop: &'static str,
    secrets: Vec<String>,
    /// Input and output tokens.
    pub(super) tokens: Option<(u64, u64)>,
}

impl Said {
    /// What our form says.
    pub(super) fn of(response: &Response) -> Self {
        let mut said = Self::default();
        let [choice] = response.choices.as_slice() else {
            panic!("one answer is expected: {response:?}");
        };
        for block in &choice.blocks {
            match &block.content {
                Content::Text { text, .. } => said.text.push_str(text),
                Content::Thinking(thought) => {
                    said.thinking.push_str(&thought.text);
                    let secret = thought.secret.as_ref();
                    said.secrets
                        .extend(secret.map(|secret| secret.data.clone()));
                }
                Content::Call(call) => said.calls.push((
                    call.id.clone(),
                    call.name.clone(),
                    arguments(&call.arguments),
                )),
                other => panic!("{other:?}"),
            }
        }
        said.stop = match choice.stop.as_ref().expect("it ended") {
            Stop::End => "end",
            Stop::Sequence(_) => "sequence",
            Stop::Length => "length",
            Stop::Calls => "calls",
            Stop::Filter => "filter",
            other => panic!("{other:?}"),
        };
        said
    }

    /// Whether another says the same; ids count where they were recorded.
    pub(super) fn check(&self, id: &str, said: &Self) {
        assert_eq!(said.text, self.text, "{id}");
        assert_eq!(said.thinking, self.thinking, "{id}");
        assert_eq!(said.secrets, self.secrets, "{id}");
        assert_eq!(said.stop, self.stop, "{id}");
        assert_eq!(said.calls.len(), self.calls.len(), "{id}");
        for (got, expected) in said.calls.iter().zip(&self.calls) {
            assert_eq!((&got.1, &got.2), (&expected.1, &expected.2), "{id}");
            let fits = got.0 == expected.0 || (expected.0.is_empty() && !got.0.is_empty());
            assert!(fits, "{id}: {} instead of {}", got.0, expected.0);
        }
    }
}

fn arguments(text: &str) -> Value {
    match text.trim() {
        "" | "null" => serde_json::json!({}),
        text => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
    }
}

/// An object out of a frame that was recorded decoded.
pub(super) fn framed(event: &Value) -> Value {
    if event["chunk"].is_object() {
        return event["chunk"].clone();
    }
    let mut object = event["payload"].clone();
    object["event"] = event["headers"][":event-type"].clone();
    object
}

/// What was recorded.
pub(super) fn recorded(dialect: Dialect, objects: &[Value]) -> Said {
    match dialect {
        Dialect::Ollama => ollama(objects),
        Dialect::Cohere => cohere(objects),
        Dialect::Converse => converse(objects),
        Dialect::Messages => messages(objects),
        other => panic!("{other:?} is not spoken by providers alone"),
    }
}

fn push(out: &mut String, value: &Value) {
    out.push_str(value.as_str().unwrap_or_default());
}

fn ollama(objects: &[Value]) -> Said {
    let mut said = Said::default();
    for object in objects {
        let message = &object["message"];
        push(&mut said.thinking, &message["thinking"]);
        push(&mut said.text, &message["content"]);
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            said.calls.push((
                call["id"].as_str().unwrap_or_default().to_owned(),
                function["name"].as_str().unwrap().to_owned(),
                function["arguments"].clone(),
            ));
        }
        if object["done"] == true {
            said.stop = match object["done_reason"].as_str() {
                Some("length") => "length",
                _ if !said.calls.is_empty() => "calls",
                _ => "end",
            };
            let input = object["prompt_eval_count"].as_u64().unwrap_or(0);
            said.tokens = object["eval_count"].as_u64().map(|output| (input, output));
        }
    }
    said
}

fn cohere(objects: &[Value]) -> Said {
    let mut said = Said::default();
    for object in objects {
        let streamed = object["delta"]["message"].is_object() || object["type"].is_string();
        let message = if streamed {
            &object["delta"]["message"]
        } else {
            &object["message"]
        };
        push(&mut said.thinking, &message["tool_plan"]);
        for part in listed(&message["content"]) {
            push(&mut said.thinking, &part["thinking"]);
            push(&mut said.text, &part["text"]);
        }
        for call in listed(&message["tool_calls"]) {
            let function = &call["function"];
            if let Some(name) = function["name"].as_str() {
                let id = call["id"].as_str().unwrap_or_default().to_owned();
                said.calls.push((id, name.to_owned(), "".into()));
            }
            said.argue(&function["arguments"]);
        }
        let end = if streamed { &object["delta"] } else { object };
        if let Some(word) = end["finish_reason"].as_str() {
            said.stop = match word {
                "MAX_TOKENS" => "length",
                "STOP_SEQUENCE" => "sequence",
                "TOOL_CALL" => "calls",
                _ => "end",
            };
            let billed = &end["usage"]["billed_units"];
            said.tokens = figures(billed, "input_tokens", "output_tokens");
        }
    }
    said.settle()
}

fn converse(objects: &[Value]) -> Said {
    let mut said = Said::default();
    for object in objects {
        let blocks = listed(&object["output"]["message"]["content"]);
        let delta = Some(&object["delta"]).filter(|delta| delta.is_object());
        for block in blocks.into_iter().chain(delta) {
            push(&mut said.text, &block["text"]);
            for piece in listed(&block["citationsContent"]["content"]) {
                push(&mut said.text, &piece["text"]);
            }
            let thought = &block["reasoningContent"];
            for place in [thought, &thought["reasoningText"]] {
                push(&mut said.thinking, &place["text"]);
                let secret = place["signature"].as_str().map(str::to_owned);
                said.secrets.extend(secret);
            }
            said.call(&block["toolUse"], "toolUseId");
        }
        said.call(&object["start"]["toolUse"], "toolUseId");
        if let Some(word) = object["stopReason"].as_str() {
            said.stop = match word {
                "max_tokens" => "length",
                "stop_sequence" => "sequence",
                "tool_use" => "calls",
                "guardrail_intervened" | "content_filtered" => "filter",
                _ => "end",
            };
        }
        let usage = &object["usage"];
        if let Some((input, output)) = figures(usage, "inputTokens", "outputTokens") {
            let cached = |name: &str| usage[name].as_u64().unwrap_or(0);
            let cached = cached("cacheReadInputTokens") + cached("cacheWriteInputTokens");
            said.tokens = Some((input + cached, output));
        }
    }
    said.settle()
}

fn messages(objects: &[Value]) -> Said {
    let mut said = Said::default();
    for object in objects {
        let blocks = listed(&object["content"]);
        let pieces = [&object["content_block"], &object["delta"]];
        for block in blocks.into_iter().chain(pieces) {
            push(&mut said.text, &block["text"]);
            push(&mut said.thinking, &block["thinking"]);
            said.call(block, "id");
            said.argue(&block["partial_json"]);
        }
        let ends = [&object["stop_reason"], &object["delta"]["stop_reason"]];
        if let Some(word) = ends.into_iter().find_map(Value::as_str) {
            said.stop = match word {
                "max_tokens" => "length",
                "stop_sequence" => "sequence",
                "tool_use" => "calls",
                _ => "end",
            };
        }
        for usage in [&object["usage"], &object["message"]["usage"]] {
            let (input, output) = said.tokens.unwrap_or_default();
            if usage.is_object() {
                said.tokens = Some((
                    usage["input_tokens"].as_u64().unwrap_or(input),
                    usage["output_tokens"].as_u64().unwrap_or(output),
                ));
            }
        }
    }
    said.settle()
}

fn figures(usage: &Value, input: &str, output: &str) -> Option<(u64, u64)> {
    Some((usage[input].as_u64()?, usage[output].as_u64()?))
}

/// The items of a list, or the one thing in its place.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

impl Said {
    /// A call, or a piece of the newest one's arguments.
    fn call(&mut self, call: &Value, id: &str) {
        if let (Some(id), Some(name)) = (call[id].as_str(), call["name"].as_str()) {
            self.calls.push((id.to_owned(), name.to_owned(), "".into()));
        }
        self.argue(&call["input"]);
    }

    fn argue(&mut self, piece: &Value) {
        let Some(call) = self.calls.last_mut() else {
            return;
        };
        match piece {
            Value::String(text) => {
                let whole = format!("{}{text}", call.2.as_str().unwrap_or_default());
                call.2 = whole.into();
            }
            Value::Object(input) if !input.is_empty() => call.2 = piece.clone(),
            _ => {}
        }
    }

    /// Arguments that came in pieces, read.
    fn settle(mut self) -> Self {
        for call in &mut self.calls {
            if let Value::String(text) = &call.2 {
                call.2 = arguments(text);
            }
        }
        if self.secrets.len() > 1 {
            self.secrets = vec![self.secrets.concat()];
        }
        self
    }
}
