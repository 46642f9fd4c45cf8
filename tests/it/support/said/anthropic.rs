//! What Anthropic's messages say.

use serde_json::Value;

use super::{Call, Said, text};

impl Said {
    pub(super) fn message(&mut self, object: &Value) {
        match object["type"].as_str().unwrap_or_default() {
            "message" => {
                self.models.extend(text(&object["model"]));
                self.usages.push(object["usage"].clone());
                for block in object["content"].as_array().into_iter().flatten() {
                    self.block(block);
                    if block["type"] == "tool_use" {
                        let call = self.calls.last_mut().expect("the block was read");
                        call.raw = block["input"].to_string();
                    }
                }
                self.stop.extend(text(&object["stop_reason"]));
            }
            "message_start" => {
                self.models.extend(text(&object["message"]["model"]));
                self.usages.push(object["message"]["usage"].clone());
            }
            "content_block_start" => self.block(&object["content_block"]),
            "content_block_delta" => {
                let delta = &object["delta"];
                self.text.extend(text(&delta["text"]));
                self.thinking.extend(text(&delta["thinking"]));
                self.secrets.extend(text(&delta["signature"]));
                if let Some(json) = text(&delta["partial_json"])
                    && let Some(call) = self.calls.last_mut()
                {
                    call.raw.push_str(&json);
                }
            }
            "message_delta" => {
                self.stop.extend(text(&object["delta"]["stop_reason"]));
                self.usages.push(object["usage"].clone());
            }
            _ => {}
        }
    }

    fn block(&mut self, block: &Value) {
        match block["type"].as_str().unwrap_or_default() {
            "text" => self.text.extend(text(&block["text"])),
            "thinking" => {
                self.thinking.extend(text(&block["thinking"]));
                self.secrets.extend(text(&block["signature"]));
            }
            "redacted_thinking" => self.secrets.extend(text(&block["data"])),
            "tool_use" => self.calls.push(Call {
                id: text(&block["id"]).unwrap_or_default(),
                name: text(&block["name"]).unwrap_or_default(),
                raw: String::new(),
            }),
            _ => {}
        }
    }
}
