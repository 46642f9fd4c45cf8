//! What is lost with a field that a server cannot be told: nothing with hints, and with values that
//! hold anyway.

use super::json::Value;
use super::report::Report;
use super::tier::Tier;
use crate::models::chat::Extra;

/// Reports a field of the client's own that another dialect cannot be told, unless nothing is lost
/// with it.
pub(super) fn left_out(extra: &Extra, report: &mut Report) {
    lost(&extra.name, &extra.name, extra.value.text(), report);
}

/// Reports a field that stood at a path with a value, unless nothing is lost with it.
pub(super) fn lost(name: &str, path: &str, value: &str, report: &mut Report) {
    if says_nothing(name, value) {
        return;
    }
    if is_hint(name) {
        report.hint(path);
    } else {
        report.dropped(path);
    }
}

/// Whether a field changes nothing in an answer: never an error.
pub(super) fn is_hint(name: &str) -> bool {
    is_of_caching(name) || name == "user"
}

/// Whether a field is a hint about caching.
pub(super) fn is_of_caching(name: &str) -> bool {
    matches!(
        name,
        "prompt_cache_key" | "prompt_cache_retention" | "prompt_cache_options"
    )
}

/// Whether a field means nothing to others, or has the value it would have anyway.
pub(super) fn says_nothing(name: &str, value: &str) -> bool {
    let read = || Value::parse(value).ok();
    match name {
        _ if value == "null" => true,
        "stream_options" | "usage" | "echo" => true,
        "store" | "background" => value == "false",
        "logprobs" => matches!(value, "false" | "0"),
        "parallel_tool_calls" => value == "true",
        "n" => value == "1",
        "stop" => value == "[]",
        "verbosity" | "text.verbosity" => value == "\"medium\"",
        "truncation" => value == "\"disabled\"",
        "top_logprobs" | "frequency_penalty" | "presence_penalty" => {
            value.parse::<f64>().is_ok_and(|number| number == 0.0)
        }
        "service_tier" => read()
            .and_then(Value::text)
            .and_then(|word| Tier::meant(&word))
            .is_some_and(Tier::is_usual),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_holds_anyway_is_no_loss() {
        for (name, value) in [
            ("store", "false"),
            ("logprobs", "false"),
            ("top_logprobs", "0"),
            ("presence_penalty", "0.00"),
            ("n", "1"),
            ("parallel_tool_calls", "true"),
            ("service_tier", "\"default\""),
            ("labels", "{ }"),
            ("generationConfig.responseModalities", "[\"TEXT\"]"),
            ("temperature", "null"),
            ("stream_options", "{\"include_usage\":true}"),
        ] {
            assert!(says_nothing(name, value), "{name}: {value}");
        }
        for (name, value) in [
            ("store", "true"),
            ("logprobs", "true"),
            ("top_logprobs", "2"),
            ("presence_penalty", "0.1"),
            ("n", "2"),
            ("parallel_tool_calls", "false"),
            ("service_tier", "\"flex\""),
            ("labels", "{\"a\":\"b\"}"),
            ("modalities", "[\"text\",\"audio\"]"),
            ("temperature", "1"),
        ] {
            assert!(!says_nothing(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn hints_are_told_beside_what_is_lost() {
        let mut report = Report::default();
        for name in ["user", "prompt_cache_key", "seed"] {
            lost(name, name, "\"7\"", &mut report);
        }
        assert_eq!(report.hints, ["user", "prompt_cache_key"]);
        assert_eq!(report.dropped, ["seed"]);
    }
}
