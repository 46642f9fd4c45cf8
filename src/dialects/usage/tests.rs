use proptest::prelude::*;

use super::*;

fn chat(usage: &str) -> Reading {
    read(Dialect::Chat, usage.as_bytes())
}

fn messages(usage: &str) -> Reading {
    read(Dialect::Messages, usage.as_bytes())
}

/// Input, cached, written for 5 minutes, for an hour, output, reasoning.
fn figures(reading: &Reading) -> [u64; 6] {
    let tokens = &reading.tokens;
    [
        tokens.input,
        tokens.cached_input,
        tokens.cache_write_5m,
        tokens.cache_write_1h,
        tokens.output,
        tokens.reasoning,
    ]
}

#[test]
fn every_convention_of_chat_is_told_apart_by_its_total() {
    for (who, usage, wanted) in [
        (
            "openai: parts are inside",
            r#"{"prompt_tokens":100,"completion_tokens":50,"total_tokens":150,
            "prompt_tokens_details":{"cached_tokens":64,"audio_tokens":0},
            "completion_tokens_details":{"reasoning_tokens":20}}"#,
            [100, 64, 0, 0, 50, 20],
        ),
        (
            "xai: reasoning is outside",
            r#"{"prompt_tokens":468,"completion_tokens":82,"total_tokens":870,
            "prompt_tokens_details":{"cached_tokens":305},"completion_tokens_details":{"reasoning_tokens":320}}"#,
            [468, 305, 0, 0, 402, 320],
        ),
        (
            "deepseek",
            r#"{"prompt_tokens":381,"completion_tokens":74,"total_tokens":455,"prompt_cache_hit_tokens":256,
            "prompt_cache_miss_tokens":125,"completion_tokens_details":{"reasoning_tokens":27}}"#,
            [381, 256, 0, 0, 74, 27],
        ),
        (
            "mistral: audio is outside",
            r#"{"prompt_tokens":11,"completion_tokens":15,"total_tokens":401,"prompt_audio_seconds":5,
            "prompt_tokens_details":{"audio_tokens":375,"cached_tokens":9}}"#,
            [386, 9, 0, 0, 15, 0],
        ),
        (
            "openrouter writes the cache",
            r#"{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11,
            "prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":3}}"#,
            [10, 2, 3, 0, 1, 0],
        ),
        (
            "together",
            r#"{"prompt_tokens":10,"completion_tokens":1,"total_tokens":11,"cached_tokens":4}"#,
            [10, 4, 0, 0, 1, 0],
        ),
        (
            "a gateway whose total leaves reasoning out",
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"market_cost":0.1,
            "completion_tokens_details":{"reasoning_tokens":30}}"#,
            [10, 0, 0, 0, 35, 30],
        ),
        (
            "one whose reasoning is larger than its output, and whose total is believed",
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,
            "completion_tokens_details":{"reasoning_tokens":30}}"#,
            [10, 0, 0, 0, 5, 5],
        ),
        (
            "cache beside the input",
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,
            "cache_read_input_tokens":70,"cache_creation_input_tokens":30}"#,
            [110, 70, 30, 0, 5, 0],
        ),
        (
            "two parts outside",
            r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":45,
            "prompt_tokens_details":{"audio_tokens":20},"completion_tokens_details":{"reasoning_tokens":10}}"#,
            [30, 0, 0, 0, 15, 10],
        ),
        (
            "output only in the total",
            r#"{"prompt_tokens":10,"total_tokens":15}"#,
            [10, 0, 0, 0, 5, 0],
        ),
        (
            "no total, more reasoning than output",
            r#"{"prompt_tokens":1,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":9}}"#,
            [1, 0, 0, 0, 11, 9],
        ),
        (
            "whole numbers with a point",
            r#"{"prompt_tokens":12.0,"completion_tokens":3.00,"total_tokens":15.0}"#,
            [12, 0, 0, 0, 3, 0],
        ),
        (
            "nulls",
            r#"{"prompt_tokens":12,"completion_tokens":3,"total_tokens":null,"prompt_tokens_details":null,
            "completion_tokens_details":{"reasoning_tokens":null}}"#,
            [12, 0, 0, 0, 3, 0],
        ),
    ] {
        let reading = chat(usage);
        assert!(reading.known, "{who}");
        assert_eq!(figures(&reading), wanted, "{who}");
        assert_eq!(reading.flags, Vec::<&str>::new(), "{who}");
    }
}

#[test]
fn thinking_that_only_the_total_tells_is_output_and_said() {
    let reading = chat(r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":1015}"#);
    assert_eq!(
        (reading.tokens.output, reading.flags),
        (1005, vec!["usage_total_mismatch"])
    );
    let absurd = chat(r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":900000000000}"#);
    assert_eq!(
        (absurd.tokens.output, absurd.flags),
        (5, vec!["usage_total_mismatch"])
    );
    let less = chat(r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":12}"#);
    assert_eq!(figures(&less), [10, 0, 0, 0, 5, 0]);
    assert_eq!(less.flags, ["usage_total_mismatch"]);
}

#[test]
fn anthropic_input_leaves_out_its_cache() {
    let reading = messages(
        r#"{"input_tokens":4,"cache_creation_input_tokens":300,"cache_read_input_tokens":2000,
        "cache_creation":{"ephemeral_5m_input_tokens":100,"ephemeral_1h_input_tokens":200},
        "output_tokens":70,"output_tokens_details":{"thinking_tokens":41},"service_tier":"standard",
        "server_tool_use":{"web_search_requests":2,"web_fetch_requests":0}}"#,
    );
    assert_eq!(figures(&reading), [2304, 2000, 100, 200, 70, 41]);
    assert_eq!(reading.tokens.units.get("searches"), Some(&2));
    assert_eq!(reading.service_tier.as_deref(), Some("standard"));
    let old = messages(
        r#"{"input_tokens":4,"cache_creation_input_tokens":300,"output_tokens":7,"speed":"fast"}"#,
    );
    assert_eq!(figures(&old), [304, 0, 300, 0, 7, 0]);
    assert_eq!(old.service_tier.as_deref(), Some("fast"));
}

#[test]
fn what_makes_claude_dearer_is_a_tier_whichever_is_told_first() {
    let tier = |usage: &str| messages(usage).service_tier;
    for (usage, told) in [
        (r#""inference_geo":"us""#, "us"),
        (r#""inference_geo":"global""#, "standard"),
        (r#""speed":"fast","inference_geo":"us""#, "us-fast"),
        (r#""inference_geo":"us","speed":"fast""#, "us-fast"),
    ] {
        for usage in [
            format!(r#"{{"input_tokens":4,"output_tokens":7,"service_tier":"standard",{usage}}}"#),
            format!(r#"{{"input_tokens":4,"output_tokens":7,{usage},"service_tier":"standard"}}"#),
        ] {
            assert_eq!(tier(&usage).as_deref(), Some(told), "{usage}");
        }
    }
    let mut begun = messages(r#"{"input_tokens":4,"inference_geo":"us","speed":"fast"}"#);
    begun.replace(messages(
        r#"{"output_tokens":7,"service_tier":null,"speed":"fast"}"#,
    ));
    assert_eq!(begun.service_tier.as_deref(), Some("us-fast"));
    begun.replace(messages(r#"{"output_tokens":8,"service_tier":"standard"}"#));
    assert_eq!(begun.service_tier.as_deref(), Some("us-fast"));
}

#[test]
fn passes_that_compacted_are_counted() {
    let reading = messages(
        r#"{"input_tokens":10,"output_tokens":5,"iterations":[
        {"type":"compaction","input_tokens":1000,"output_tokens":200,"cache_read_input_tokens":7},
        {"type":"message","input_tokens":10,"output_tokens":5}]}"#,
    );
    assert_eq!(figures(&reading), [1017, 7, 0, 0, 205, 0]);
}

#[test]
fn a_later_event_replaces_figure_by_figure() {
    let mut reading = messages(
        r#"{"input_tokens":2750,"cache_read_input_tokens":50,"output_tokens":1,"service_tier":"standard"}"#,
    );
    reading.replace(messages(r#"{"output_tokens":86}"#));
    assert_eq!(figures(&reading), [2800, 50, 0, 0, 86, 0]);
    assert!(reading.known && reading.flags.is_empty());
    reading.replace(messages(r#"{"input_tokens":12229,"output_tokens":90}"#));
    assert_eq!(figures(&reading), [12279, 50, 0, 0, 90, 0]);
    reading.replace(messages(r#"{"output_tokens":80}"#));
    assert_eq!(reading.tokens.output, 80);
    assert_eq!(reading.flags, ["usage_decreased"]);
    assert_eq!(reading.service_tier.as_deref(), Some("standard"));
}

#[test]
fn a_start_without_output_is_not_known_until_it_comes() {
    let mut reading = messages(r#"{"input_tokens":5}"#);
    assert!(!reading.known);
    assert_eq!(reading.flags, ["usage_incomplete"]);
    reading.replace(messages(r#"{"output_tokens":6}"#));
    assert!(reading.known);
    assert_eq!(reading.flags, Vec::<&str>::new());
}

#[test]
fn figures_that_cannot_be_meant_are_not_believed() {
    for odd in [
        "-1",
        "1.5",
        "9007199254740993",
        "1e309",
        "\"12\"",
        "true",
        "{}",
        "[]",
        "1e3",
    ] {
        for usage in [
            format!(r#"{{"prompt_tokens":{odd},"completion_tokens":5}}"#),
            format!(r#"{{"prompt_tokens":5,"completion_tokens":{odd}}}"#),
            format!(r#"{{"prompt_tokens":{odd},"completion_tokens":5,"total_tokens":5}}"#),
            format!(r#"{{"prompt_tokens":5,"completion_tokens":{odd},"total_tokens":5}}"#),
        ] {
            let reading = chat(&usage);
            assert!(!reading.known, "{usage}");
            assert!(reading.flags.contains(&"usage_out_of_range"), "{usage}");
        }
        let part = chat(&format!(
            r#"{{"prompt_tokens":5,"completion_tokens":5,"prompt_tokens_details":{{"cached_tokens":{odd}}}}}"#
        ));
        assert!(part.known);
        assert_eq!(
            part.tokens.cached_input, 0,
            "what is not believed makes nothing cheaper"
        );
    }
    for nothing in ["null", "[]", "\"\"", "{}", "{", "", "{\"usage\":1"] {
        assert!(!chat(nothing).known, "{nothing}");
    }
}

#[test]
fn a_figure_once_believed_is_not_lost_to_an_odd_one() {
    let mut reading = messages(r#"{"input_tokens":100,"output_tokens":50}"#);
    reading.replace(messages(r#"{"input_tokens":-5,"output_tokens":"many"}"#));
    assert!(reading.known);
    assert_eq!(figures(&reading), [100, 0, 0, 0, 50, 0]);
    assert_eq!(reading.flags, ["usage_out_of_range"]);
}

#[test]
fn of_a_repeated_figure_the_larger_is_taken() {
    let reading = chat(r#"{"prompt_tokens":100,"prompt_tokens":0,"completion_tokens":1}"#);
    assert_eq!(reading.tokens.input, 100);
    assert_eq!(reading.flags, ["usage_repeated"]);
}

#[test]
fn a_stated_cost_is_kept_in_every_spelling() {
    for (usage, nanos) in [
        (
            r#"{"cost":0.0008425,"is_byok":false,"cost_details":{"upstream_inference_cost":1}}"#,
            Some(842_500),
        ),
        (
            r#"{"cost":0.01,"is_byok":true,"cost_details":{"upstream_inference_cost":0.09}}"#,
            Some(100_000_000),
        ),
        (r#"{"cost":0.01,"is_byok":true}"#, None),
        (
            r#"{"cost":{"input_tokens_cost":0.1,"total_cost":0.00504}}"#,
            Some(5_040_000),
        ),
        (r#"{"cost_in_usd_ticks":2488500}"#, Some(248_850)),
        (r#"{"cost":null}"#, None),
        (r#"{"cost":-1}"#, None),
        (r#"{"cost":1e300}"#, None),
        ("{}", None),
    ] {
        assert_eq!(
            chat(usage).stated_cost,
            nanos.map(Money::from_nanos),
            "{usage}"
        );
    }
    assert!(chat(r#"{"cost":-1}"#).flags.contains(&"cost_out_of_range"));
    assert_eq!(
        messages(r#"{"cost":0.5}"#).stated_cost,
        Some(Money::from_nanos(500_000_000))
    );
}

proptest! {
    #[test]
    fn parts_are_never_larger_than_the_whole(
        numbers in prop::collection::vec(prop_oneof![0_u64..1000, Just(1 << 53), any::<u64>()], 9),
        negative in any::<prop::sample::Index>(),
    ) {
        let mut texts: Vec<String> = numbers.iter().map(u64::to_string).collect();
        let place = negative.index(texts.len());
        texts[place].insert(0, '-');
        let [a, b, c, d, e, f, g, h, i] = texts.as_slice() else { unreachable!() };
        let usages = [
            (Dialect::Chat, format!(
                r#"{{"prompt_tokens":{a},"completion_tokens":{b},"total_tokens":{c},"cached_tokens":{d},
                "prompt_tokens_details":{{"audio_tokens":{e},"cache_write_tokens":{f}}},
                "completion_tokens_details":{{"reasoning_tokens":{g}}},
                "cache_creation":{{"ephemeral_1h_input_tokens":{h}}},"num_search_queries":{i}}}"#
            )),
            (Dialect::Messages, format!(
                r#"{{"input_tokens":{a},"output_tokens":{b},"cache_read_input_tokens":{c},
                "cache_creation_input_tokens":{d},"output_tokens_details":{{"thinking_tokens":{e}}},
                "cache_creation":{{"ephemeral_5m_input_tokens":{f},"ephemeral_1h_input_tokens":{g}}},
                "iterations":[{{"type":"compaction","input_tokens":{h},"output_tokens":{i}}}]}}"#
            )),
        ];
        for (dialect, usage) in usages {
            let mut reading = read(dialect, usage.as_bytes());
            reading.replace(read(dialect, usage.as_bytes()));
            let tokens = &reading.tokens;
            let parts = tokens.cached_input + tokens.cache_write_5m + tokens.cache_write_1h;
            prop_assert!(parts <= tokens.input);
            prop_assert!(tokens.reasoning <= tokens.output);
            prop_assert!(tokens.total() < 1 << 60);
        }
    }
}
