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
                    said.secrets.extend(secret.map(|secret| secret.data.clone()));
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
    event["payload"].clone()
}

/// What was recorded.
pub(super) fn recorded(dialect: Dialect, objects: &[Value]) -> Said {
    match dialect {
        Dialect::Ollama => ollama(objects),
        other => panic!("{other:?} is not recorded"),
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
