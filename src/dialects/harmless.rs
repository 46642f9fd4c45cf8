//! A client's own fields that another dialect need not be told.

use super::json::Value;
use super::report::Report;
use crate::models::chat::Extra;

/// Fields of chat completions that mean nothing elsewhere, or that are said otherwise.
const SILENT: &[&str] = &["stream_options", "usage", "echo"];

/// Hints about caching: never an error.
const HINTS: &[&str] = &[
    "prompt_cache_key",
    "prompt_cache_retention",
    "prompt_cache_options",
];

/// Reports a field that another dialect cannot be told, unless nothing is lost with it.
pub(super) fn left_out(extra: &Extra, report: &mut Report) {
    let name = extra.name.as_str();
    if HINTS.contains(&name) {
        report.hint(name);
    } else if !SILENT.contains(&name) && !says_nothing(name, extra.value.text()) {
        report.dropped(name);
    }
}

/// Whether a field has the value it would have anyway.
fn says_nothing(name: &str, value: &str) -> bool {
    match name {
        "store" => value == "false",
        "verbosity" => value == "\"medium\"",
        "logit_bias" | "metadata" | "labels" => Value::parse(value)
            .ok()
            .and_then(Value::object)
            .is_some_and(|fields| fields.fields().next().is_none()),
        "modalities" | "generationConfig.responseModalities" => Value::parse(value)
            .ok()
            .and_then(Value::list)
            .is_some_and(|kinds| {
                kinds
                    .into_iter()
                    .filter_map(Value::text)
                    .all(|kind| kind.eq_ignore_ascii_case("text"))
            }),
        _ => false,
    }
}
