use super::*;
use crate::models::money::Money;

fn sse(data: &str) -> Vec<u8> {
    format!("data: {data}\n\n").into_bytes()
}

fn chunk(delta: &str, finish: &str) -> Vec<u8> {
    sse(&format!(
        r#"{{"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o-2024-08-06","service_tier":"default","choices":[{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
    ))
}

fn named(name: &str, data: &str) -> Vec<u8> {
    format!("event: {name}\ndata: {data}\n\n").into_bytes()
}

const USAGE: &str = r#"{"model":"gpt-4o-2024-08-06","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}"#;

#[test]
fn a_chat_stream_is_read_from_start_to_end() {
    let mut meter = Meter::new(Dialect::Chat, 1);
    let none = Mark::default();
    assert_eq!(
        meter.event(&chunk(r#"{"role":"assistant","content":""}"#, "null")),
        none
    );
    assert_eq!(meter.event(b": keep-alive\n\n"), none);
    let first = Mark {
        content: true,
        ..none
    };
    assert_eq!(meter.event(&chunk(r#"{"content":"a"}"#, "null")), first);
    assert_eq!(
        meter.event(&chunk(
            r#"{"content":"b \"usage\":{} \"finish_reason\":1"}"#,
            "null"
        )),
        none
    );
    assert_eq!(
        meter.delivered_text(),
        "ab \"usage\":{} \"finish_reason\":1"
    );
    assert!(!meter.finished());
    let finish = Mark {
        finish: true,
        ..none
    };
    assert_eq!(meter.event(&chunk("{}", "\"stop\"")), finish);
    assert!(meter.finished() && !meter.complete());
    let hidden = Mark {
        usage_only: true,
        ..none
    };
    assert_eq!(meter.event(&sse(USAGE)), hidden);
    assert_eq!(meter.event(&sse("[DONE]")), Mark { end: true, ..none });
    assert!(meter.ended() && meter.complete());
    assert_eq!(meter.model(), Some("gpt-4o-2024-08-06"));
    let reading = meter.reading().unwrap();
    assert_eq!((reading.tokens.input, reading.tokens.output), (9, 2));
    assert_eq!(meter.delivered_text(), "");
}

#[test]
fn the_last_of_several_choices_finishes() {
    let mut meter = Meter::new(Dialect::Chat, 2);
    let one = |index: u32, finish: &str| {
        sse(&format!(
            r#"{{"choices":[{{"index":{index},"delta":{{"content":"x"}},"finish_reason":{finish}}}]}}"#
        ))
    };
    assert!(!meter.event(&one(1, "null")).finish);
    assert!(!meter.event(&one(0, "null")).finish);
    assert!(!meter.event(&one(1, "\"stop\"")).finish);
    assert!(
        !meter.event(&one(1, "\"stop\"")).finish,
        "the same one again"
    );
    assert!(meter.event(&one(0, "\"length\"")).finish);
    let mut fewer = Meter::new(Dialect::Chat, 2);
    assert!(!fewer.event(&one(0, "\"stop\"")).finish);
    assert!(
        fewer.finished(),
        "a provider that gives fewer answers has finished"
    );
    let with_usage = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#;
    assert!(fewer.event(&sse(with_usage)).finish);
    let mut together = Meter::new(Dialect::Chat, 2);
    let both = r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"},{"index":1,"delta":{},"finish_reason":"stop"}]}"#;
    assert!(together.event(&sse(both)).finish);
}

#[test]
fn odd_finishes_are_told_apart() {
    for (finish, is) in [
        ("\"function_call\"", true),
        ("\"eos\"", true),
        ("\"\"", false),
        ("null", false),
    ] {
        let mut meter = Meter::new(Dialect::Chat, 1);
        meter.event(&chunk(r#"{"content":"a"}"#, "null"));
        assert_eq!(meter.event(&chunk("{}", finish)).finish, is, "{finish}");
    }
}

#[test]
fn usage_is_found_wherever_a_provider_puts_it() {
    for (data, input, output) in [
        (
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
            3,
            4,
        ),
        (
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"id":"r","usage":{"prompt_tokens":5,"completion_tokens":6}}}"#,
            5,
            6,
        ),
        (
            r#"{ "usage" : {"prompt_tokens":7,"completion_tokens":8} , "choices" : [ ] }"#,
            7,
            8,
        ),
    ] {
        let mut meter = Meter::new(Dialect::Chat, 1);
        meter.event(&chunk(r#"{"content":"a"}"#, "null"));
        meter.event(&sse(data));
        let tokens = &meter.reading().unwrap().tokens;
        assert_eq!((tokens.input, tokens.output), (input, output));
    }
}

#[test]
fn usage_that_comes_twice_is_not_added_up() {
    let mut meter = Meter::new(Dialect::Chat, 1);
    meter.event(&sse(r#"{"choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}],"usage":{"prompt_tokens":5,"completion_tokens":6}}"#));
    meter.event(&sse(
        r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":7}}"#,
    ));
    let tokens = &meter.reading().unwrap().tokens;
    assert_eq!((tokens.input, tokens.output), (5, 7));
}

#[test]
fn only_empty_choices_with_a_usage_object_may_be_hidden() {
    for (data, hidden) in [
        (USAGE, true),
        (r#"{"choices":[ ],"usage":{}}"#, true),
        (r#"{"choices":[],"usage":null}"#, false),
        (r#"{"choices":[],"prompt_filter_results":[]}"#, false),
        (r#"{"choices":null,"usage":{}}"#, false),
        (r#"{"usage":{}}"#, false),
        (r#"{"choices":[{"index":0,"delta":{}}],"usage":{}}"#, false),
        (
            r#"{"choices":[],"usage":{},"error":{"message":"x"}}"#,
            false,
        ),
    ] {
        let mut meter = Meter::new(Dialect::Chat, 1);
        assert_eq!(meter.event(&sse(data)).usage_only, hidden, "{data}");
    }
}

#[test]
fn errors_in_a_stream_are_seen() {
    for event in [
        sse(r#"{"error":{"message":"boom"}}"#),
        sse(r#"{"error":"boom"}"#),
        sse(r#"{"object":"error","message":"boom"}"#),
        sse(r#"{"choices":[{"index":0,"delta":{},"finish_reason":"error","error":{"code":502}}]}"#),
        named("error", r#"{"message":"boom"}"#),
        sse("<html><body>502 Bad Gateway</body></html>"),
    ] {
        let mut meter = Meter::new(Dialect::Chat, 1);
        assert!(
            meter.event(&event).error,
            "{}",
            String::from_utf8_lossy(&event)
        );
    }
    let mut meter = Meter::new(Dialect::Chat, 1);
    meter.event(&chunk(r#"{"content":"a"}"#, "null"));
    assert!(
        meter
            .event(&sse(r#"{"choices":[],"error":{"message":"late"}}"#))
            .error
    );
    assert!(
        !meter
            .event(&sse(
                r#"{"choices":[{"delta":{"content":"error"}}],"error":null}"#
            ))
            .error
    );
}

#[test]
fn the_first_content_is_marked_once_whatever_it_is() {
    for delta in [
        r#"{"content":"x"}"#,
        r#"{"reasoning_content":"x","content":null}"#,
        r#"{"reasoning":"x"}"#,
        r#"{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":""}}]}"#,
        r#"{"function_call":{"name":"f"}}"#,
        r#"{"refusal":"no"}"#,
        r#"{"content":[{"type":"text"}]}"#,
    ] {
        let mut meter = Meter::new(Dialect::Chat, 1);
        for empty in [
            r#"{"role":"assistant"}"#,
            r#"{"role":"assistant","content":"","tool_calls":[],"x":{ }}"#,
        ] {
            assert!(!meter.event(&chunk(empty, "null")).content, "{empty}");
        }
        assert!(meter.event(&chunk(delta, "null")).content, "{delta}");
        assert!(!meter.event(&chunk(delta, "null")).content);
    }
}

#[test]
fn a_message_stream_is_read_from_start_to_end() {
    let mut meter = Meter::new(Dialect::Messages, 1);
    let none = Mark::default();
    let start = r#"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"claude-x","content":[],"stop_reason":null,"usage":{"input_tokens":10,"cache_read_input_tokens":5,"output_tokens":1}}}"#;
    assert_eq!(meter.event(&named("message_start", start)), none);
    assert_eq!(meter.model(), Some("claude-x"));
    assert_eq!(meter.reading().unwrap().tokens.input, 15);
    assert!(!meter.complete());
    let open =
        r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
    assert_eq!(meter.event(&named("content_block_start", open)), none);
    assert_eq!(meter.event(&named("ping", r#"{"type":"ping"}"#)), none);
    let delta = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi \"message_stop\""}}"#;
    assert!(meter.event(&named("content_block_delta", delta)).content);
    assert_eq!(meter.event(&named("content_block_delta", delta)), none);
    assert_eq!(
        meter.delivered_text(),
        "hi \"message_stop\"hi \"message_stop\""
    );
    let end = r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":12}}"#;
    assert!(meter.event(&named("message_delta", end)).finish);
    assert!(meter.finished() && meter.complete());
    assert!(
        meter
            .event(&named("message_stop", r#"{"type":"message_stop"}"#))
            .end
    );
    let tokens = &meter.reading().unwrap().tokens;
    assert_eq!(
        (tokens.input, tokens.cached_input, tokens.output),
        (15, 5, 12)
    );
}

#[test]
fn calls_and_hidden_thinking_are_content() {
    for block in [
        r#"{"type":"tool_use","id":"t","name":"f","input":{}}"#,
        r#"{"type":"redacted_thinking","data":"x"}"#,
        r#"{"type":"thinking","thinking":"hm","signature":""}"#,
    ] {
        let mut meter = Meter::new(Dialect::Messages, 1);
        let data = format!(r#"{{"type":"content_block_start","index":0,"content_block":{block}}}"#);
        assert!(
            meter.event(&named("content_block_start", &data)).content,
            "{block}"
        );
    }
}

#[test]
fn a_message_stream_that_breaks_is_seen() {
    let error = r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    for begun in [false, true] {
        let mut meter = Meter::new(Dialect::Messages, 1);
        meter.content = begun;
        assert!(meter.event(&named("error", error)).error);
        assert!(meter.event(&sse(error)).error, "without its name");
    }
}

#[test]
fn a_whole_answer_is_read_or_refused() {
    let answer = r#"{"model":"m","service_tier":"flex","choices":[{"index":0,"message":{"role":"assistant","content":"hi","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
    let mut meter = Meter::new(Dialect::Chat, 1);
    assert_eq!(meter.plain(answer.as_bytes()), Plain::Answer);
    assert!(meter.finished() && meter.complete());
    assert_eq!(
        meter.reading().unwrap().service_tier.as_deref(),
        Some("flex")
    );
    let silent = answer.replace("usage", "usage_of_another_kind");
    let mut meter = Meter::new(Dialect::Chat, 1);
    assert_eq!(meter.plain(silent.as_bytes()), Plain::Answer);
    assert!(!meter.complete());
    assert_eq!(meter.delivered_text(), "hif{}");
    for (body, wanted) in [
        (&answer[..answer.len() - 1], Plain::Unreadable),
        ("<!doctype html>", Plain::Unreadable),
        ("", Plain::Unreadable),
        ("[]", Plain::Unreadable),
        ("{}", Plain::Unreadable),
        (r#"{"error":{"message":"x"}}"#, Plain::Error),
        (r#"{"choices":[],"error":{"message":"x"}}"#, Plain::Error),
        (r#"{"choices":[],"error":null}"#, Plain::Answer),
    ] {
        assert_eq!(
            Meter::new(Dialect::Chat, 1).plain(body.as_bytes()),
            wanted,
            "{body}"
        );
    }
    let mut meter = Meter::new(Dialect::Messages, 1);
    let answer = r#"{"type":"message","model":"c","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}"#;
    assert_eq!(meter.plain(answer.as_bytes()), Plain::Answer);
    assert!(meter.finished() && meter.complete());
    let error = br#"{"type":"error","error":{"type":"api_error","message":"x"}}"#;
    assert_eq!(Meter::new(Dialect::Messages, 1).plain(error), Plain::Error);
}

#[test]
fn zeros_beside_a_text_tell_nothing() {
    let zeros = r#"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#;
    let mut meter = Meter::new(Dialect::Chat, 1);
    meter.event(&chunk(r#"{"content":"hello"}"#, "null"));
    meter.event(&chunk("{}", "\"stop\""));
    meter.event(&sse(&format!(r#"{{"choices":[],"usage":{zeros}}}"#)));
    assert!(!meter.complete());
    assert_eq!(meter.delivered_text(), "hello");
    let plain = |content: &str| {
        let mut meter = Meter::new(Dialect::Chat, 1);
        let body = format!(
            r#"{{"choices":[{{"message":{{"content":{content}}},"finish_reason":"stop"}}],"usage":{zeros}}}"#
        );
        assert_eq!(meter.plain(body.as_bytes()), Plain::Answer);
        meter
    };
    assert!(!plain("\"hello\"").complete());
    assert!(plain("\"\"").complete(), "nothing was written");
}

#[test]
fn usage_of_the_first_chunk_does_not_stand_for_what_follows() {
    let mut meter = Meter::new(Dialect::Chat, 1);
    let first = chunk(r#"{"content":"one "}"#, "null");
    let first = String::from_utf8(first).unwrap().replace(
        "\"usage\":null",
        r#""usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10}"#,
    );
    meter.event(first.as_bytes());
    meter.event(&chunk(r#"{"content":"two"}"#, "null"));
    assert_eq!(meter.delivered_text(), "one two");
}

#[test]
fn a_cost_beside_the_usage_is_taken() {
    let mut meter = Meter::new(Dialect::Chat, 1);
    meter.plain(
        br#"{"choices":[],"cost":{"usd":0.5},"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    );
    let cost = meter.reading().unwrap().stated_cost;
    assert_eq!(cost, Some(Money::from_nanos(500_000_000)));
}

#[test]
fn a_long_answer_is_kept_as_text_only() {
    let mut meter = Meter::new(Dialect::Chat, 1);
    for _ in 0..10_000 {
        meter.event(&chunk(r#"{"content":"é "}"#, "null"));
    }
    let long = format!(r#"{{"content":"{}"}}"#, "x".repeat(100_000));
    meter.event(&chunk(&long, "null"));
    assert_eq!(meter.delivered_text().len(), 130_000);
}

#[test]
fn what_is_no_stream_at_all_does_no_harm() {
    for raw in [
        &b""[..],
        b"\n",
        b"data\n\n",
        b"data: \n\n",
        b"data: {\n\n",
        b"\xff\xfe\n\n",
        b"data: null\n\n",
    ] {
        for dialect in [Dialect::Chat, Dialect::Messages] {
            let mut meter = Meter::new(dialect, 1);
            let mark = meter.event(raw);
            assert!(!mark.finish && !mark.end && !mark.content);
            assert_eq!(meter.delivered_text(), "");
        }
    }
}

#[test]
fn what_bedrock_counts_at_the_end_stands_in_for_usage_that_nobody_told() {
    let start = r#"{"type":"message_start","message":{"model":"claude","usage":{"input_tokens":3,"output_tokens":1}}}"#;
    let stop = r#"{"type":"message_stop","amazon-bedrock-invocationMetrics":{"inputTokenCount":20,"outputTokenCount":9,"cacheReadInputTokenCount":5}}"#;
    for (usage, told) in [("", (25, 9)), (r#","usage":{"output_tokens":7}"#, (3, 7))] {
        let delta =
            format!(r#"{{"type":"message_delta","delta":{{"stop_reason":"end_turn"}}{usage}}}"#);
        let mut meter = Meter::new(Dialect::Messages, 1);
        for (name, data) in [
            ("message_start", start),
            ("message_delta", &delta),
            ("message_stop", stop),
        ] {
            meter.event(&named(name, data));
        }
        let tokens = &meter.reading().unwrap().tokens;
        assert_eq!((tokens.input, tokens.output), told, "{usage}");
        assert!(meter.complete() && meter.ended());
    }
}

fn gemini(events: &[&str], choices: u32) -> (Meter, Vec<Mark>) {
    let mut meter = Meter::new(Dialect::Gemini, choices);
    let marks = events
        .iter()
        .map(|data| meter.event(format!("data: {data}\r\n\r\n").as_bytes()))
        .collect();
    (meter, marks)
}

#[test]
fn a_stream_of_gemini_finishes_with_its_reason_and_ends_with_the_connection() {
    let (meter, marks) = gemini(
        &[
            "{}",
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":3,"totalTokenCount":3},"modelVersion":"m"}"#,
            r#"{"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2,"totalTokenCount":5}}"#,
            r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}}]},"finishReason":1}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":4,"thoughtsTokenCount":5,"toolUsePromptTokenCount":6,"totalTokenCount":18}}"#,
        ],
        1,
    );
    let finishes: Vec<bool> = marks.iter().map(|mark| mark.finish).collect();
    assert_eq!(finishes, [false, false, true, true]);
    assert!(marks[1].content && marks[3].content, "the answer goes on");
    assert!(meter.finished() && meter.complete() && !meter.ended());
    assert_eq!(meter.model(), Some("m"));
    let tokens = &meter.reading().unwrap().tokens;
    assert_eq!((tokens.input, tokens.output, tokens.reasoning), (9, 9, 5));
}

#[test]
fn a_stream_of_gemini_that_is_cut_is_known_in_part() {
    let (meter, _) = gemini(
        &[
            r#"{"candidates":[{"content":{"parts":[{"text":"a"}]}}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1,"totalTokenCount":4}}"#,
        ],
        1,
    );
    assert!(!meter.finished() && !meter.complete());
    assert_eq!(meter.reading().unwrap().tokens.input, 3);
    assert_eq!(meter.delivered_text(), "a");
}

#[test]
fn several_answers_of_gemini_are_waited_for() {
    let (meter, marks) = gemini(
        &[
            r#"{"candidates":[{"index":0},{"index":1}]}"#,
            r#"{"candidates":[{"index":0,"finishReason":"STOP"}]}"#,
            r#"{"candidates":[{"index":1,"finishReason":"MAX_TOKENS"}]}"#,
        ],
        2,
    );
    assert_eq!(marks.iter().filter(|mark| mark.finish).count(), 1);
    assert!(marks[2].finish && meter.all_finished());
}

#[test]
fn a_prompt_that_gemini_blocks_is_an_answer_and_an_error_is_none() {
    let (meter, marks) = gemini(&[r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#], 1);
    assert!(marks[0].finish && meter.finished());
    let (_, marks) = gemini(&[r#"{"error":{"code":503}}"#], 1);
    assert!(marks[0].error);
    let mut meter = Meter::new(Dialect::Gemini, 1);
    assert_eq!(meter.plain(br#"{"error":{"code":404}}"#), Plain::Error);
    assert_eq!(meter.plain(br#"{"x":1}"#), Plain::Unreadable);
    let answer = br#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1}}"#;
    assert_eq!(meter.plain(answer), Plain::Answer);
    assert!(meter.finished() && meter.reading().unwrap().known);
}
