//! What Google's `generateContent` says.

use serde_json::Value;

use super::{Call, Said, text};

impl Said {
    pub(super) fn contents(&mut self, object: &Value) {
        self.models.extend(text(&object["modelVersion"]));
        if object["usageMetadata"].is_object() {
            self.usages.push(object["usageMetadata"].clone());
        }
        self.stop
            .extend(text(&object["promptFeedback"]["blockReason"]));
        let candidates = object["candidates"].as_array().into_iter().flatten();
        for candidate in candidates.filter(|one| one["index"].as_u64().unwrap_or(0) == 0) {
            let parts = candidate["content"]["parts"].as_array();
            for part in parts.into_iter().flatten() {
                self.part(part);
            }
            if let Some(stop) = text(&candidate["finishReason"]) {
                self.stop = stop;
            }
        }
    }

    fn part(&mut self, part: &Value) {
        let words = text(&part["text"]);
        if part["thought"] == true {
            self.thinking.extend(words);
        } else {
            self.text.extend(words);
        }
        let call = &part["functionCall"];
        if call.is_object() {
            let args = &call["args"];
            self.calls.push(Call {
                id: text(&call["id"]).unwrap_or_default(),
                name: text(&call["name"]).unwrap_or_default(),
                raw: if args.is_null() {
                    "{}".to_owned()
                } else {
                    args.to_string()
                },
            });
        }
        // What the model ran itself is told to nobody else.
        if part.get("executableCode").is_none() {
            self.secrets.extend(text(&part["thoughtSignature"]));
        }
    }
}
