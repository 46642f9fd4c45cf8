//! Fields of a client's own format that others need not be told: hints, and what holds anyway.

use super::json::Value;
use super::report::Report;
use crate::models::chat::{Extra, Raw};

/// Reports a field that another dialect cannot be told, unless nothing is lost with it.
pub(super) fn left_out(extra: &Extra, report: &mut Report) {
    let name = extra.name.as_str();
    if is_hint(name) {
        report.hint(name);
    } else if !says_nothing(name, &extra.value) {
        report.dropped(name);
    }
}

/// Whether a field is a hint about caching: never an error.
pub(super) fn is_hint(name: &str) -> bool {
    matches!(
        name,
        "prompt_cache_key" | "prompt_cache_retention" | "prompt_cache_options"
    )
}

/// Whether a field means nothing to others, or has the value it would have anyway.
fn says_nothing(name: &str, value: &Raw) -> bool {
    let text = value.text();
    let read = || Value::parse(text).ok();
    match name {
        "stream_options" | "usage" | "echo" => true,
        "store" | "background" => text == "false",
        "verbosity" | "text.verbosity" => text == "\"medium\"",
        "truncation" => text == "\"disabled\"",
        "top_logprobs" => text == "0",
        "logit_bias" | "metadata" | "labels" => read()
            .and_then(Value::object)
            .is_some_and(|fields| fields.fields().next().is_none()),
        "modalities" | "generationConfig.responseModalities" => {
            read().and_then(Value::list).is_some_and(|kinds| {
                kinds
                    .into_iter()
                    .filter_map(Value::text)
                    .all(|kind| kind.eq_ignore_ascii_case("text"))
            })
        }
        _ => false,
    }
}
