//! What a request gives a provider back of its own: calls, results and signatures.
//!
//! Read independently of the code under test.

use serde_json::Value;

use super::said::Call;
use super::wire::Served;

/// Calls, the ids that results name, and signatures, each in order.
#[derive(Debug, Default)]
pub(crate) struct Given {
    pub(crate) calls: Vec<Call>,
    pub(crate) results: Vec<String>,
    pub(crate) secrets: Vec<String>,
}

impl Given {
    pub(crate) fn read(served: Served, request: &Value) -> Self {
        let mut given = Self::default();
        match served {
            Served::Chat | Served::Cohere | Served::Ollama => given.chat(request),
            Served::Messages | Served::Claude => given.messages(request),
            Served::Responses => given.responses(request),
            Served::Gemini => given.contents(request),
            Served::Converse => given.converse(request),
        }
        given
    }

    fn chat(&mut self, request: &Value) {
        for message in listed(&request["messages"]) {
            for call in listed(&message["tool_calls"]) {
                let arguments = &call["function"]["arguments"];
                self.calls.push(Call {
                    id: text(&call["id"]),
                    name: text(&call["function"]["name"]),
                    raw: arguments
                        .as_str()
                        .map_or_else(|| arguments.to_string(), str::to_owned),
                });
            }
            if message["role"] == "tool" {
                self.results.push(text(&message["tool_call_id"]));
            }
        }
    }

    fn messages(&mut self, request: &Value) {
        for block in blocks(request) {
            match block["type"].as_str().unwrap_or_default() {
                "tool_use" => self.calls.push(Call {
                    id: text(&block["id"]),
                    name: text(&block["name"]),
                    raw: block["input"].to_string(),
                }),
                "tool_result" => self.results.push(text(&block["tool_use_id"])),
                "thinking" => self.secrets.push(text(&block["signature"])),
                "redacted_thinking" => self.secrets.push(text(&block["data"])),
                _ => {}
            }
        }
    }

    fn responses(&mut self, request: &Value) {
        for item in listed(&request["input"]) {
            match item["type"].as_str().unwrap_or_default() {
                "function_call" => self.calls.push(Call {
                    id: text(&item["call_id"]),
                    name: text(&item["name"]),
                    raw: text(&item["arguments"]),
                }),
                "function_call_output" => self.results.push(text(&item["call_id"])),
                "reasoning" => self.secrets.push(text(&item["encrypted_content"])),
                _ => {}
            }
        }
    }

    fn contents(&mut self, request: &Value) {
        let contents = listed(&request["contents"]);
        for part in contents.flat_map(|content| listed(&content["parts"])) {
            let call = &part["functionCall"];
            if call.is_object() {
                self.calls.push(Call {
                    id: text(&call["id"]),
                    name: text(&call["name"]),
                    raw: call["args"].to_string(),
                });
            }
            if part["functionResponse"].is_object() {
                self.results.push(text(&part["functionResponse"]["id"]));
            }
            if part["thoughtSignature"].is_string() && part.get("executableCode").is_none() {
                self.secrets.push(text(&part["thoughtSignature"]));
            }
        }
    }

    fn converse(&mut self, request: &Value) {
        for block in blocks(request) {
            let call = &block["toolUse"];
            if call.is_object() {
                self.calls.push(Call {
                    id: text(&call["toolUseId"]),
                    name: text(&call["name"]),
                    raw: call["input"].to_string(),
                });
            }
            if block["toolResult"].is_object() {
                self.results.push(text(&block["toolResult"]["toolUseId"]));
            }
            let thought = &block["reasoningContent"];
            for secret in [
                &thought["reasoningText"]["signature"],
                &thought["redactedContent"],
            ] {
                self.secrets.extend(secret.as_str().map(str::to_owned));
            }
        }
    }
}

/// The blocks of all messages.
fn blocks(request: &Value) -> impl Iterator<Item = &Value> {
    listed(&request["messages"]).flat_map(|message| listed(&message["content"]))
}

fn listed(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
