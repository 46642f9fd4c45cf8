//! Clients' libraries: how they ask, and what they keep of an answer.

use serde_json::{Value, json};

use super::scripted::TOOL;
use crate::support::turns;
use crate::support::wire::Wire;

/// What the person asks.
pub(super) const QUESTION: &str = "Where is it warmest?";

/// A library, by what it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Library {
    /// OpenAI's own: keeps every field of a message.
    OpenAi,
    /// `LangChain`'s for chat completions: keeps text and calls.
    LangChain,
    /// The same, whose last request comes when nobody remembers the thoughts any more.
    Forgotten,
    /// Anthropic's: keeps all blocks.
    Anthropic,
    /// OpenAI's for responses, and Codex: keeps all items.
    Responses,
    /// Google's: keeps all parts, and spells their signatures in another alphabet.
    Google,
}

impl Library {
    pub(super) const ALL: [Self; 6] = [
        Self::OpenAi,
        Self::LangChain,
        Self::Forgotten,
        Self::Anthropic,
        Self::Responses,
        Self::Google,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::OpenAi => "chat",
            Self::LangChain => "chat, calls",
            Self::Forgotten => "forgotten",
            Self::Anthropic => "messages",
            Self::Responses => "responses",
            Self::Google => "gemini",
        }
    }

    pub(super) fn wire(self) -> Wire {
        match self {
            Self::OpenAi | Self::LangChain | Self::Forgotten => Wire::Chat,
            Self::Anthropic => Wire::Messages,
            Self::Responses => Wire::Responses,
            Self::Google => Wire::Gemini,
        }
    }

    /// Whether it keeps calls and their text alone.
    pub(super) fn forgets(self) -> bool {
        matches!(self, Self::LangChain | Self::Forgotten)
    }

    /// The first request: a question, a tool, and the wish to see the model think.
    pub(super) fn asks(self, model: &str, stream: bool) -> Value {
        let schema = json!({"type": "object", "properties": {"city": {"type": "string"}},
            "required": ["city"]});
        let question = json!([{"role": "user", "content": QUESTION}]);
        let function = json!({"name": TOOL, "description": "How warm it is.",
            "parameters": schema});
        match self.wire() {
            Wire::Chat => json!({"model": model, "stream": stream, "messages": question,
                "reasoning_effort": "medium",
                "tools": [{"type": "function", "function": function}]}),
            Wire::Messages => json!({"model": model, "stream": stream, "messages": question,
                "max_tokens": 9000, "thinking": {"type": "enabled", "budget_tokens": 2000},
                "tools": [{"name": TOOL, "description": "How warm it is.",
                    "input_schema": schema}]}),
            Wire::Responses => json!({"model": model, "stream": stream, "input": question,
                "store": false, "include": ["reasoning.encrypted_content"],
                "reasoning": {"effort": "medium", "summary": "auto"},
                "tools": [{"type": "function", "name": TOOL, "description": "How warm it is.",
                    "parameters": schema, "strict": false}]}),
            Wire::Gemini => json!({"model": model, "stream": stream,
                "generationConfig": {"thinkingConfig": {"includeThoughts": true,
                    "thinkingBudget": 2000}},
                "tools": [{"functionDeclarations": [function]}],
                "contents": [{"role": "user", "parts": [{"text": QUESTION}]}]}),
        }
    }

    /// What it sends after an answer: what it kept of it, and results for its calls.
    pub(super) fn goes_on(self, answers: &[Value]) -> Vec<Value> {
        let mut turns = turns::after(self.wire(), answers);
        for turn in &mut turns {
            match self {
                Self::LangChain | Self::Forgotten => forget(turn),
                Self::Google => respell(turn),
                Self::OpenAi | Self::Anthropic | Self::Responses => {}
            }
        }
        turns
    }
}

fn forget(message: &mut Value) {
    let known = ["role", "content", "tool_calls", "tool_call_id"];
    let fields = message.as_object_mut().expect("a message is an object");
    fields.retain(|name, _| known.contains(&name.as_str()));
}

fn respell(turn: &mut Value) {
    for part in turn["parts"].as_array_mut().into_iter().flatten() {
        if let Some(secret) = part["thoughtSignature"].as_str() {
            part["thoughtSignature"] = safe(secret).into();
        }
    }
}

/// Standard base64 in the alphabet of addresses.
pub(super) fn safe(base64: &str) -> String {
    base64.replace('+', "-").replace('/', "_")
}
