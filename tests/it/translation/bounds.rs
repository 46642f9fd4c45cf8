//! What a client or a provider makes large stays cheap, or is refused.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use manti::catalog::abilities;
use manti::config::Kind;
use manti::dialects::{Dialect, Written};
use manti::models::chat::Content;
use manti::models::streaming::Event;

use super::streams::{self, both};

/// Far more than the work takes, and less than it takes when each piece looks at all others.
const SOON: Duration = Duration::from_secs(5);

/// What this thread has worked so far, however busy the machine is; zero where nobody tells.
fn worked() -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanos = told.split(' ').next().and_then(|first| first.parse().ok());
    Duration::from_nanos(nanos.unwrap_or(0))
}

fn written(dialect: Dialect, body: &str) -> Written {
    let began = worked();
    let request = both(dialect).read_request(body.as_bytes()).unwrap();
    let (kind, model, to) = match dialect {
        Dialect::Chat | Dialect::Responses => {
            (Kind::Anthropic, "claude-sonnet-4-5", Dialect::Messages)
        }
        Dialect::Messages => (Kind::OpenAi, "gpt-4o", Dialect::Chat),
        _ => unreachable!("not asked so"),
    };
    let target = abilities::of(kind, "", model);
    let written = both(to).write_request(&request, &target, model).unwrap();
    let took = worked().saturating_sub(began);
    assert!(took < SOON, "{took:?}");
    written
}

fn refused(dialect: Dialect, body: &str) -> Option<String> {
    let refused = both(dialect).read_request(body.as_bytes()).unwrap_err();
    refused.param
}

#[test]
fn a_schema_with_many_properties_is_looked_through_once() {
    let mut properties = String::new();
    let mut required = String::new();
    for number in 0..60_000 {
        let _ = write!(properties, r#""p{number}":{{}},"#);
        let _ = write!(required, r#""p{number}","#);
    }
    let schema = format!(
        r#"{{"type":"object","properties":{{{properties}"last":{{}}}},"required":[{required}"last"],"additionalProperties":false}}"#
    );
    let body = format!(
        r#"{{"model":"m","max_tokens":9,"messages":[{{"role":"user","content":"x"}}],
            "output_config":{{"format":{{"type":"json_schema","schema":{schema}}}}}}}"#
    );
    assert!(written(Dialect::Messages, &body).dropped.is_empty());
}

#[test]
fn many_old_function_calls_find_their_results() {
    // All calls first: each result would be looked for among all of them.
    let mut calls = String::new();
    for number in 0..40_000 {
        let _ = write!(
            calls,
            r#"{{"role":"assistant","function_call":{{"name":"f{number}","arguments":"{{}}"}}}},"#
        );
    }
    for number in 0..40_000 {
        let _ = write!(
            calls,
            r#"{{"role":"function","name":"f{number}","content":"r"}},"#
        );
    }
    calls.push_str(r#"{"role":"user","content":"x"}"#);
    let body = format!(r#"{{"model":"m","messages":[{calls}]}}"#);
    written(Dialect::Chat, &body);
    let request = both(Dialect::Chat).read_request(body.as_bytes()).unwrap();
    let (mut called, mut answered) = (Vec::new(), Vec::new());
    for block in request.turns.iter().flat_map(|turn| &turn.blocks) {
        match &block.content {
            Content::Call(call) => called.push(call.id.clone()),
            Content::Result(result) => answered.push(result.call.clone()),
            _ => {}
        }
    }
    assert_eq!(called.len(), 40_000);
    assert!(called == answered, "each result names its call");
    let distinct: HashSet<&String> = called.iter().collect();
    assert_eq!(distinct.len(), 40_000, "each call has an id of its own");
}

#[test]
fn more_tools_than_anyone_has_are_refused() {
    let tool = |number: usize| {
        format!(r#"{{"type":"function","function":{{"name":"t{number}","parameters":{{}}}}}}"#)
    };
    let chat = |field: &str, tools: Vec<String>| {
        let tools = tools.join(",");
        format!(r#"{{"messages":[{{"role":"user","content":"x"}}],"{field}":[{tools}]}}"#)
    };
    written(Dialect::Chat, &chat("tools", (0..1024).map(tool).collect()));
    let many = chat("tools", (0..1025).map(tool).collect());
    assert_eq!(refused(Dialect::Chat, &many).as_deref(), Some("tools"));
    let old = |number: usize| format!(r#"{{"name":"t{number}"}}"#);
    let many = chat("functions", (0..1025).map(old).collect());
    assert_eq!(refused(Dialect::Chat, &many).as_deref(), Some("functions"));
    let many = chat("tools", (0..1025).map(old).collect());
    assert_eq!(refused(Dialect::Messages, &many).as_deref(), Some("tools"));
}

#[test]
fn a_result_holds_no_results() {
    let call =
        r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}"#;
    let nested = |inner: &str| {
        format!(
            r#"{{"max_tokens":9,"messages":[{{"role":"user","content":"x"}},{call},{{"role":"user","content":[
                {{"type":"tool_result","tool_use_id":"t","content":[{inner}]}}]}}]}}"#
        )
    };
    written(Dialect::Messages, &nested(r#"{"type":"text","text":"r"}"#));
    for inner in [
        r#"{"type":"tool_result","tool_use_id":"t","content":[]}"#,
        r#"{"type":"tool_use","id":"u","name":"f","input":{}}"#,
    ] {
        let param = refused(Dialect::Messages, &nested(inner));
        assert_eq!(
            param.as_deref(),
            Some("messages[2].content[0].content[0].type")
        );
    }
}

#[test]
fn an_answer_with_more_calls_than_it_may_have_is_broken() {
    let stream = |calls: usize| {
        let mut stream = String::new();
        for index in 0..calls {
            let _ = write!(
                stream,
                "data: {{\"id\":\"c\",\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[\
                 {{\"index\":{index},\"id\":\"t{index}\",\"function\":{{\"name\":\"f\",\
                 \"arguments\":\"{{\"}}}}]}}}}]}}\n\n"
            );
        }
        stream + "data: [DONE]\n\n"
    };
    let events = streams::read(Dialect::Chat, stream(1024).as_bytes(), &[usize::MAX]);
    assert!(matches!(events.last(), Some(Event::End)));
    let events = streams::read(Dialect::Chat, stream(1025).as_bytes(), &[usize::MAX]);
    assert!(matches!(events.last(), Some(Event::Error(_))));
}

#[test]
fn an_error_that_says_nothing_is_none_for_all_readers() {
    for nothing in ["{}", "\"\"", "false", "null", "[]"] {
        let chat = format!(
            "data: {{\"id\":\"c\",\"error\":{nothing},\"choices\":[{{\"index\":0,\"delta\":\
             {{\"content\":\"x\"}},\"finish_reason\":\"stop\"}}]}}\n\ndata: [DONE]\n\n"
        );
        let mut meter = manti::dialects::meter::Meter::new(Dialect::Chat, 1);
        let first = chat.split_inclusive("\n\n").next().unwrap();
        assert!(!meter.event(first.as_bytes()).error, "{nothing}");
        let events = streams::read(Dialect::Chat, chat.as_bytes(), &[usize::MAX]);
        assert!(matches!(events.last(), Some(Event::End)), "{nothing}");
    }
}
