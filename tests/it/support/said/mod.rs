//! What an answer says, whichever wire format it is in, and what a provider's figures mean.
//!
//! Read independently of the code under test.

mod anthropic;
mod figures;
mod google;
mod openai;
mod others;

use serde_json::{Map, Value};

use super::wire::Served;

pub(crate) use figures::{Figures, stated_cost};

/// What an answer says: its first choice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) refusal: String,
    pub(crate) thinking: String,
    /// Signatures and sealed thinking, in order.
    pub(crate) secrets: Vec<String>,
    pub(crate) calls: Vec<Call>,
    /// The stop reason in the format's own word; empty when none came.
    pub(crate) stop: String,
    /// An error in the place of an answer, or inside a stream.
    pub(crate) error: Option<String>,
    /// Every usage object, in order.
    pub(crate) usages: Vec<Value>,
    pub(crate) models: Vec<String>,
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Call {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The arguments as they were spelled.
    pub(crate) raw: String,
}

impl Call {
    /// The arguments; `None` when they are not JSON, as in an answer that was cut.
    pub(crate) fn arguments(&self) -> Option<Value> {
        match self.raw.trim() {
            "" | "null" => Some(Value::Object(Map::new())),
            text => serde_json::from_str(text).ok(),
        }
    }
}

impl Said {
    /// Reads the JSON objects of an answer: one if it is plain, else those of its events.
    pub(crate) fn read(wire: impl Into<Served>, objects: &[Value]) -> Self {
        let wire = wire.into();
        let mut said = Self::default();
        for object in objects {
            if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
                let text = error["message"].as_str().or(error.as_str());
                said.error = Some(text.unwrap_or_default().to_owned());
            }
            match wire {
                Served::Chat => said.chat(object),
                Served::Messages | Served::Claude => said.message(object),
                Served::Responses => said.response(object),
                Served::Gemini => said.contents(object),
                Served::Converse => said.converse(object),
                Served::Cohere => said.cohere(object),
                Served::Ollama => said.ollama(object),
            }
        }
        said
    }
}

impl Said {
    /// Whether the provider told what was written and left out what was read.
    pub(crate) fn half_told(&self) -> bool {
        let half = |usage: &Value| {
            usage["candidatesTokenCount"].is_u64() && usage["promptTokenCount"].is_null()
        };
        !self.usages.is_empty() && self.usages.iter().all(half)
    }

    /// Whether the answer was cut for its length.
    pub(crate) fn cut(&self) -> bool {
        matches!(
            self.stop.as_str(),
            "length"
                | "max_tokens"
                | "max_output_tokens"
                | "model_context_window_exceeded"
                | "MAX_TOKENS"
        )
    }
}

/// A text that is not empty.
fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}
