//! What the formats say that no client speaks: Bedrock's Converse, Cohere's and Ollama's chat.

use serde_json::Value;

use super::{Call, Said, text};

/// The items of a list, or the one thing in its place.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    }
}

impl Said {
    /// A whole answer of Converse, or the object of one frame.
    pub(super) fn converse(&mut self, object: &Value) {
        for block in listed(&object["output"]["message"]["content"]) {
            self.converse_block(block);
        }
        if object["start"].is_object() {
            self.converse_block(&object["start"]);
        }
        if object["delta"].is_object() {
            let thought = &object["delta"]["reasoningContent"];
            // A signature comes in pieces, as words do.
            match (self.secrets.last_mut(), text(&thought["signature"])) {
                (Some(last), Some(more)) => last.push_str(&more),
                _ => self.converse_block(&object["delta"]),
            }
        }
        self.stop.extend(text(&object["stopReason"]));
        if object["usage"].is_object() {
            self.usages.push(object["usage"].clone());
        }
    }

    fn converse_block(&mut self, block: &Value) {
        self.text.extend(text(&block["text"]));
        for piece in listed(&block["citationsContent"]["content"]) {
            self.text.extend(text(&piece["text"]));
        }
        let thought = &block["reasoningContent"];
        for place in [thought, &thought["reasoningText"]] {
            self.thinking.extend(text(&place["text"]));
            self.secrets.extend(text(&place["signature"]));
        }
        self.secrets.extend(text(&thought["redactedContent"]));
        let call = &block["toolUse"];
        if let Some(name) = text(&call["name"]) {
            let id = text(&call["toolUseId"]).unwrap_or_default();
            let raw = String::new();
            self.calls.push(Call { id, name, raw });
        }
        if let Some(last) = self.calls.last_mut() {
            match &call["input"] {
                Value::Null => {}
                Value::String(piece) => last.raw.push_str(piece),
                whole => last.raw = whole.to_string(),
            }
        }
    }

    /// A whole answer of Cohere's, or an event.
    pub(super) fn cohere(&mut self, object: &Value) {
        let streamed = object["type"].is_string();
        let end = if streamed { &object["delta"] } else { object };
        let message = &end["message"];
        self.thinking.extend(text(&message["tool_plan"]));
        for part in listed(&message["content"]) {
            self.thinking.extend(text(&part["thinking"]));
            self.text.extend(text(&part["text"]));
        }
        for call in listed(&message["tool_calls"]) {
            let function = &call["function"];
            if let Some(name) = text(&function["name"]) {
                let id = text(&call["id"]).unwrap_or_default();
                let raw = String::new();
                self.calls.push(Call { id, name, raw });
            }
            if let Some(last) = self.calls.last_mut() {
                last.raw.extend(text(&function["arguments"]));
            }
        }
        self.stop.extend(text(&end["finish_reason"]));
        if end["usage"].is_object() {
            self.usages.push(end["usage"].clone());
        }
    }

    /// A whole answer of Ollama's, or a line.
    pub(super) fn ollama(&mut self, object: &Value) {
        self.models.extend(text(&object["model"]));
        let message = &object["message"];
        self.thinking.extend(text(&message["thinking"]));
        self.text.extend(text(&message["content"]));
        for call in listed(&message["tool_calls"]) {
            let function = &call["function"];
            self.calls.push(Call {
                id: text(&call["id"]).unwrap_or_default(),
                name: text(&function["name"]).unwrap_or_default(),
                raw: function["arguments"].to_string(),
            });
        }
        if object["done"] == true {
            self.stop.extend(text(&object["done_reason"]));
            if object["eval_count"].is_u64() {
                self.usages.push(object.clone());
            }
        }
    }
}
