//! What providers' figures mean.

use serde_json::{Map, Value};

use crate::support::wire::Served;

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
    pub(crate) fn of(wire: impl Into<Served>, usages: &[Value]) -> Option<Self> {
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
        Some(match wire.into() {
            Served::Chat => {
                let (prompt, completion) = (count("/prompt_tokens"), count("/completion_tokens"));
                let total = count("/total_tokens");
                let reasoning = count("/completion_tokens_details/reasoning_tokens");
                let audio = count("/prompt_tokens_details/audio_tokens");
                let rest = total.saturating_sub(prompt + completion);
                let apart = |part: u64| if rest == part { part } else { 0 };
                // One gateway's totals leave out what its models reasoned.
                let untold = usage["market_cost"].is_number() && rest == 0;
                let beside = if untold && reasoning > completion {
                    reasoning
                } else {
                    apart(reasoning)
                };
                let output = completion + beside;
                Self {
                    input: prompt + apart(audio),
                    cached: count("/prompt_tokens_details/cached_tokens")
                        .max(count("/prompt_cache_hit_tokens"))
                        .max(count("/cached_tokens")),
                    written: count("/prompt_tokens_details/cache_write_tokens"),
                    output,
                    // No part is larger than the whole.
                    reasoning: reasoning.min(output),
                }
            }
            Served::Responses => Self {
                input: count("/input_tokens"),
                cached: count("/input_tokens_details/cached_tokens"),
                written: count("/input_tokens_details/cache_write_tokens"),
                output: count("/output_tokens"),
                reasoning: count("/output_tokens_details/reasoning_tokens"),
            },
            Served::Messages | Served::Claude => {
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
            Served::Gemini => {
                let reasoning = count("/thoughtsTokenCount");
                let input = count("/promptTokenCount") + count("/toolUsePromptTokenCount");
                let output = count("/candidatesTokenCount") + reasoning;
                Self {
                    input,
                    cached: count("/cachedContentTokenCount"),
                    written: 0,
                    // What is in the total alone was written too.
                    output: output.max(count("/totalTokenCount").saturating_sub(input)),
                    reasoning,
                }
            }
            Served::Converse => {
                let cached = count("/cacheReadInputTokens");
                let written = count("/cacheWriteInputTokens");
                Self {
                    input: count("/inputTokens") + cached + written,
                    cached,
                    written,
                    output: count("/outputTokens"),
                    reasoning: 0,
                }
            }
            // What is billed leaves out the words that Cohere puts around a prompt.
            Served::Cohere => {
                let billed = |name: &str| {
                    let bill = usage.pointer(&format!("/billed_units/{name}"));
                    let all = usage.pointer(&format!("/tokens/{name}"));
                    bill.or(all).and_then(Value::as_u64).unwrap_or(0)
                };
                Self {
                    input: billed("input_tokens"),
                    output: billed("output_tokens"),
                    reasoning: count("/tokens/reasoning_tokens"),
                    ..Self::default()
                }
            }
            Served::Ollama => Self {
                input: count("/prompt_eval_count"),
                output: count("/eval_count"),
                ..Self::default()
            },
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
