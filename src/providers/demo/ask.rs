//! What the demo is asked.

use serde_json::Value;

use super::words;
use crate::dialects::{Dialect, estimate};
use crate::models::operation::Operation;

/// A request, as far as the demo understands it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Ask {
    /// The last text of the user.
    pub(super) said: String,
    pub(super) input_tokens: u64,
    pub(super) most_tokens: Option<u64>,
    pub(super) stops: Vec<String>,
    pub(super) choices: u32,
    pub(super) include_usage: bool,
}

/// A field that is missing or wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) field: &'static str,
    pub(super) message: String,
}

impl Ask {
    pub(super) fn read(dialect: Dialect, operation: Operation, body: &[u8]) -> Result<Self, Wrong> {
        let wrong = |field, message: &str| Wrong {
            field,
            message: format!("{field}: {message}"),
        };
        let request: Value =
            serde_json::from_slice(body).map_err(|_| wrong("body", "is not JSON"))?;
        let messages = request["messages"]
            .as_array()
            .filter(|messages| !messages.is_empty())
            .ok_or_else(|| wrong("messages", "Field required, a list of at least one message"))?;
        let limits = match dialect {
            Dialect::Chat | Dialect::Gemini => &["max_completion_tokens", "max_tokens"][..],
            Dialect::Messages => &["max_tokens"],
        };
        let most_tokens = limits.iter().find_map(|name| request[*name].as_u64());
        let needs_limit = dialect == Dialect::Messages && operation == Operation::Converse;
        if needs_limit && most_tokens.is_none() {
            return Err(wrong("max_tokens", "Field required"));
        }
        let stops = match dialect {
            Dialect::Chat | Dialect::Gemini => &request["stop"],
            Dialect::Messages => &request["stop_sequences"],
        };
        let said = messages
            .iter()
            .rev()
            .find(|message| message["role"] == "user")
            .map(|message| text(&message["content"]))
            .unwrap_or_default();
        let prompt = estimate::prompt_text(dialect, body);
        Ok(Self {
            said,
            input_tokens: words::tokens(&prompt).len() as u64,
            most_tokens,
            stops: texts(stops),
            choices: request["n"]
                .as_u64()
                .map_or(1, |n| u32::try_from(n.clamp(1, 8)).unwrap_or(1)),
            include_usage: request["stream_options"]["include_usage"] == true,
        })
    }
}

/// The text of a message's content.
fn text(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<&str> = parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .collect();
            texts.join(" ")
        }
        _ => String::new(),
    }
}

/// One text or several.
fn texts(value: &Value) -> Vec<String> {
    let several = value
        .as_array()
        .map_or(std::slice::from_ref(value), Vec::as_slice);
    several
        .iter()
        .filter_map(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .collect()
}
