//! What OpenAI's formats say: chat completions and responses.

use serde_json::Value;

use super::{Call, Said, text};

impl Said {
    pub(super) fn chat(&mut self, object: &Value) {
        self.models.extend(text(&object["model"]));
        for usage in [&object["x_groq"]["usage"], &object["usage"]] {
            if usage.is_object() {
                self.usages.push(usage.clone());
            }
        }
        let choices = object["choices"].as_array();
        for choice in choices.into_iter().flatten() {
            if choice["index"].as_u64().unwrap_or(0) != 0 {
                continue;
            }
            // Perplexity's chunks have the growing message beside the delta.
            let whole = object["object"] == "chat.completion" || !choice["delta"].is_object();
            let said = &choice[if whole { "message" } else { "delta" }];
            match &said["content"] {
                Value::Array(parts) => {
                    for part in parts {
                        self.text.extend(text(&part["text"]));
                        for inner in part["thinking"].as_array().into_iter().flatten() {
                            self.thinking.extend(text(&inner["text"]));
                        }
                    }
                }
                content => self.text.extend(text(content)),
            }
            self.refusal.extend(text(&said["refusal"]));
            self.reasoning(said);
            for call in said["tool_calls"].as_array().into_iter().flatten() {
                let index = call["index"]
                    .as_u64()
                    .and_then(|at| usize::try_from(at).ok());
                let at = index.filter(|_| !whole).unwrap_or(self.calls.len());
                self.call(at, text(&call["id"]), &call["function"]);
            }
            if said["function_call"].is_object() {
                self.call(0, None, &said["function_call"]);
            }
            if let Some(stop) = text(&choice["finish_reason"]) {
                self.stop = stop;
            }
        }
    }

    fn reasoning(&mut self, said: &Value) {
        let plain = text(&said["reasoning_content"]).or(text(&said["reasoning"]));
        let details = said["reasoning_details"].as_array();
        for detail in details.into_iter().flatten() {
            if plain.is_none() {
                self.thinking.extend(text(&detail["text"]));
                self.thinking.extend(text(&detail["summary"]));
            }
            self.secrets.extend(text(&detail["signature"]));
            self.secrets.extend(text(&detail["data"]));
        }
        self.thinking.extend(plain);
    }

    fn call(&mut self, at: usize, id: Option<String>, function: &Value) {
        if self.calls.len() <= at {
            self.calls.resize(at + 1, Call::default());
        }
        let call = &mut self.calls[at];
        if let Some(id) = id {
            call.id = id;
        }
        if let Some(name) = text(&function["name"]) {
            call.name = name;
        }
        call.raw.extend(text(&function["arguments"]));
    }

    /// A whole answer of responses, or an event of one: words come in pieces, and the events that
    /// say that an item is done tell all of it.
    pub(super) fn response(&mut self, object: &Value) {
        match object["type"].as_str().unwrap_or_default() {
            "" => {
                for item in object["output"].as_array().into_iter().flatten() {
                    self.item(item);
                }
                self.ended(object);
            }
            "response.output_text.delta" => self.text.extend(text(&object["delta"])),
            "response.refusal.delta" => self.refusal.extend(text(&object["delta"])),
            "response.output_item.done" if object["item"]["type"] != "message" => {
                self.item(&object["item"]);
            }
            "response.completed" | "response.incomplete" => self.ended(&object["response"]),
            "response.failed" => {
                let error = &object["response"]["error"]["message"];
                self.error = Some(error.as_str().unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }

    fn ended(&mut self, response: &Value) {
        self.models.extend(text(&response["model"]));
        self.usages.push(response["usage"].clone());
        // Some servers show the thought beside the output.
        self.thinking.extend(text(&response["reasoning"]));
        let reason = text(&response["incomplete_details"]["reason"]);
        self.stop.extend(reason.or(text(&response["status"])));
    }

    fn item(&mut self, item: &Value) {
        match item["type"].as_str().unwrap_or_default() {
            "message" => {
                for part in item["content"].as_array().into_iter().flatten() {
                    self.text.extend(text(&part["text"]));
                    self.refusal.extend(text(&part["refusal"]));
                }
            }
            "reasoning" => {
                let parts = item["summary"].as_array().into_iter().flatten();
                let parts: Vec<String> = parts.filter_map(|part| text(&part["text"])).collect();
                self.thinking.push_str(&parts.join("\n\n"));
                self.secrets.extend(text(&item["encrypted_content"]));
            }
            "function_call" => self.calls.push(Call {
                id: text(&item["call_id"]).unwrap_or_default(),
                name: text(&item["name"]).unwrap_or_default(),
                raw: text(&item["arguments"]).unwrap_or_default(),
            }),
            _ => {}
        }
    }
}
