//! What an answer says, whichever wire format it is in, and what a provider's figures mean.
//!
//! Read independently of the code under test.

use serde_json::{Map, Value};

use super::recorded::Wire;

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
    pub(crate) fn read(wire: Wire, objects: &[Value]) -> Self {
        let mut said = Self::default();
        for object in objects {
            if let Some(error) = object.get("error").filter(|error| !error.is_null()) {
                let text = error["message"].as_str().or(error.as_str());
                said.error = Some(text.unwrap_or_default().to_owned());
            }
            match wire {
                Wire::Chat => said.chat(object),
                Wire::Messages => said.message(object),
                Wire::Responses => said.response(object),
            }
        }
        said
    }

    fn chat(&mut self, object: &Value) {
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

    fn message(&mut self, object: &Value) {
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

    /// A whole answer of responses, or an event of one: words come in pieces, and the events that
    /// say that an item is done tell all of it.
    fn response(&mut self, object: &Value) {
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

/// A text that is not empty.
fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// What was used, in the convention of the contract's records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Figures {
    pub(crate) input: u64,
    pub(crate) cached: u64,
    pub(crate) written: u64,
    pub(crate) output: u64,
    pub(crate) reasoning: u64,
}

impl Figures {
    /// What a provider's usage objects mean: the last non-null value of each field counts.
    pub(crate) fn of(wire: Wire, usages: &[Value]) -> Option<Self> {
        let mut merged = Map::new();
        for usage in usages.iter().filter_map(Value::as_object) {
            for (name, value) in usage {
                if !value.is_null() {
                    merged.insert(name.clone(), value.clone());
                }
            }
        }
        if merged.is_empty() {
            return None;
        }
        let usage = Value::Object(merged);
        let count = |path: &str| usage.pointer(path).and_then(Value::as_u64).unwrap_or(0);
        Some(match wire {
            Wire::Chat => {
                let (prompt, completion) = (count("/prompt_tokens"), count("/completion_tokens"));
                let total = count("/total_tokens");
                let reasoning = count("/completion_tokens_details/reasoning_tokens");
                let audio = count("/prompt_tokens_details/audio_tokens");
                let rest = total.saturating_sub(prompt + completion);
                let apart = |part: u64| if rest == part { part } else { 0 };
                Self {
                    input: prompt + apart(audio),
                    cached: count("/prompt_tokens_details/cached_tokens")
                        .max(count("/prompt_cache_hit_tokens"))
                        .max(count("/cached_tokens")),
                    written: count("/prompt_tokens_details/cache_write_tokens"),
                    output: completion + apart(reasoning),
                    reasoning,
                }
            }
            Wire::Responses => Self {
                input: count("/input_tokens"),
                cached: count("/input_tokens_details/cached_tokens"),
                written: count("/input_tokens_details/cache_write_tokens"),
                output: count("/output_tokens"),
                reasoning: count("/output_tokens_details/reasoning_tokens"),
            },
            Wire::Messages => {
                let cached = count("/cache_read_input_tokens");
                let written = count("/cache_creation_input_tokens");
                Self {
                    input: count("/input_tokens") + cached + written,
                    cached,
                    written,
                    output: count("/output_tokens"),
                    reasoning: count("/output_tokens_details/thinking_tokens"),
                }
            }
        })
    }

    /// The same read from a record as the API shows it.
    pub(crate) fn of_record(record: &Value) -> Self {
        let count = |name: &str| {
            let value = record[name].as_u64();
            value.unwrap_or_else(|| panic!("{name} is no count in {record}"))
        };
        Self {
            input: count("input_tokens"),
            cached: count("cached_input_tokens"),
            written: count("cache_write_tokens"),
            output: count("output_tokens"),
            reasoning: count("reasoning_tokens"),
        }
    }
}

/// What a provider says a call costs, in nano-dollars.
pub(crate) fn stated_cost(usages: &[Value]) -> Option<i64> {
    use rust_decimal::{Decimal, RoundingStrategy::MidpointNearestEven};

    let decimal = |value: &Value| {
        let text = value.as_number()?.to_string();
        text.parse()
            .or_else(|_| Decimal::from_scientific(&text))
            .ok()
    };
    let usage = usages.last()?;
    let dollars: Decimal = if let Some(ticks) = usage["cost_in_usd_ticks"].as_i64() {
        Decimal::new(ticks, 10)
    } else if usage["cost"].is_number() {
        decimal(&usage["cost"])?
    } else {
        decimal(&usage["cost"]["total_cost"])?
    };
    let nano =
        (dollars * Decimal::new(1_000_000_000, 0)).round_dp_with_strategy(0, MidpointNearestEven);
    i64::try_from(nano).ok()
}
