use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::config::{OnDisconnect, Share, Upstream};
use crate::dialects::meter::{Meter, Plain};
use crate::dialects::sse::{Event, Splitter};
use crate::models::refusal::Situation;
use crate::providers::Target;

const SHORT: Duration = Duration::from_secs(1);

fn target(demo: &Arc<Demo>, model: &str) -> Target {
    Target {
        provider: Arc::clone(demo) as Arc<dyn Provider>,
        provider_name: "demo".into(),
        model: model.into(),
        timeouts: Upstream {
            connect_timeout: SHORT,
            first_token_timeout: SHORT,
            idle_timeout: SHORT,
            total_timeout: SHORT,
            max_attempts: 3,
            retry_budget: Share::new(0.2),
            breaker: true,
            on_disconnect: OnDisconnect::Cancel,
            drain_limit: SHORT,
        },
    }
}

/// What the demo answers: its status, and its body or how that broke off.
async fn ask(
    demo: &Arc<Demo>,
    model: &str,
    dialect: Dialect,
    operation: Operation,
    body: &Value,
) -> (StatusCode, Result<String, super::super::BodyError>) {
    let request = demo.request(Outbound {
        target: &target(demo, model),
        operation,
        dialect,
        body: smallvec::smallvec![Bytes::from(body.to_string())],
        upload: None,
        client_headers: &HeaderMap::new(),
        query: None,
        stream: body["stream"] == true,
        credential: 0,
        caller: body["caller"].as_str().unwrap_or("key_1"),
    });
    let Ok(Request::Answered(response)) = request.request().await else {
        panic!("the demo sends nothing")
    };
    let (head, body) = response.into_parts();
    let body = body.read(1 << 20).await;
    (
        head.status,
        body.map(|body| String::from_utf8(body.to_vec()).unwrap()),
    )
}

fn demo() -> Arc<Demo> {
    Arc::new(Demo::new("demo", None))
}

fn question() -> Value {
    json!({"model": "demo", "max_tokens": 500, "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What is Manti?"}]})
}

/// The data of all events, and the meter that read them.
fn read(dialect: Dialect, choices: u32, stream: &str) -> (Vec<Value>, Meter, usize) {
    let mut splitter = Splitter::new();
    splitter.push(Bytes::copy_from_slice(stream.as_bytes()));
    let mut meter = Meter::new(dialect, choices);
    let (mut events, mut finishes) = (Vec::new(), 0);
    while let Some(event) = splitter.next_event().unwrap() {
        finishes += usize::from(meter.event(&event).finish);
        let event = Event::parse(&event).unwrap();
        events.push(serde_json::from_slice(&event.data).unwrap_or(Value::Null));
    }
    assert!(splitter.rest().is_empty());
    (events, meter, finishes)
}

#[tokio::test(start_paused = true)]
async fn the_same_question_has_the_same_answer_whole_and_in_pieces() {
    let demo = demo();
    let (status, whole) = ask(
        &demo,
        "demo",
        Dialect::Chat,
        Operation::Converse,
        &question(),
    )
    .await;
    assert_eq!(status, StatusCode::OK);
    let whole: Value = serde_json::from_str(&whole.unwrap()).unwrap();
    let text = whole["choices"][0]["message"]["content"].as_str().unwrap();
    assert!(
        text.starts_with("You said “What is Manti?” (3 words)."),
        "{text}"
    );
    assert!(text.contains("你好") && text.ends_with('🦀'));
    let mut asked = question();
    asked["stream"] = true.into();
    asked["stream_options"] = json!({"include_usage": true});
    let (_, stream) = ask(&demo, "demo", Dialect::Chat, Operation::Converse, &asked).await;
    let (events, meter, finishes) = read(Dialect::Chat, 1, &stream.unwrap());
    let pieces: Vec<&str> = events
        .iter()
        .filter_map(|event| event["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(pieces.concat(), text);
    assert!((15..=25).contains(&pieces.len()), "{}", pieces.len());
    assert!(meter.finished() && meter.ended() && finishes == 1);
    let tokens = &meter.reading().unwrap().tokens;
    assert_eq!(json!(tokens.input), whole["usage"]["prompt_tokens"]);
    assert_eq!(json!(tokens.output), whole["usage"]["completion_tokens"]);
    assert_eq!(
        (tokens.input, tokens.output),
        (9, words::tokens(text).len() as u64)
    );
}

#[tokio::test(start_paused = true)]
async fn messages_are_spoken_too() {
    let demo = demo();
    let mut asked = question();
    asked["system"] = "Be brief.".into();
    asked["messages"] =
        json!([{"role": "user", "content": [{"type": "text", "text": "What is Manti?"}]}]);
    let (_, whole) = ask(
        &demo,
        "demo",
        Dialect::Messages,
        Operation::Converse,
        &asked,
    )
    .await;
    let whole = whole.unwrap();
    let mut meter = Meter::new(Dialect::Messages, 1);
    assert_eq!(meter.plain(whole.as_bytes()), Plain::Answer);
    asked["stream"] = true.into();
    let (_, stream) = ask(
        &demo,
        "demo",
        Dialect::Messages,
        Operation::Converse,
        &asked,
    )
    .await;
    let (events, streamed, _) = read(Dialect::Messages, 1, &stream.unwrap());
    assert_eq!(
        streamed.reading().unwrap().tokens,
        meter.reading().unwrap().tokens
    );
    assert!(streamed.finished() && streamed.ended());
    let text: String = events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect();
    let whole: Value = serde_json::from_str(&whole).unwrap();
    assert_eq!(whole["content"][0]["text"], json!(text));
    let (_, counted) = ask(
        &demo,
        "demo",
        Dialect::Messages,
        Operation::CountTokens,
        &asked,
    )
    .await;
    let counted: Value = serde_json::from_str(&counted.unwrap()).unwrap();
    assert_eq!(counted["input_tokens"], whole["usage"]["input_tokens"]);
}

#[tokio::test(start_paused = true)]
async fn limits_stops_and_choices_are_heeded() {
    let demo = demo();
    for (field, value, reason, text) in [
        ("max_tokens", json!(2), "length", "You said"),
        ("max_completion_tokens", json!(0), "length", ""),
        ("stop", json!("said"), "stop", "You "),
        ("stop", json!(["nothing", "What"]), "stop", "You said “"),
    ] {
        let mut asked = question();
        asked[field] = value;
        let (_, body) = ask(&demo, "demo", Dialect::Chat, Operation::Converse, &asked).await;
        let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
        assert_eq!(body["choices"][0]["finish_reason"], reason, "{field}");
        assert_eq!(body["choices"][0]["message"]["content"], text, "{field}");
    }
    let mut asked = question();
    asked["stop_sequences"] = json!(["said"]);
    let (_, body) = ask(
        &demo,
        "demo",
        Dialect::Messages,
        Operation::Converse,
        &asked,
    )
    .await;
    let body: Value = serde_json::from_str(&body.unwrap()).unwrap();
    assert_eq!(
        (&body["stop_reason"], &body["stop_sequence"]),
        (&json!("stop_sequence"), &json!("said"))
    );
    let mut asked = question();
    asked["n"] = 2.into();
    asked["stream"] = true.into();
    let (_, stream) = ask(&demo, "demo", Dialect::Chat, Operation::Converse, &asked).await;
    let (events, meter, finishes) = read(Dialect::Chat, 2, &stream.unwrap());
    assert!(meter.finished() && finishes == 1);
    assert!(events.iter().all(|event| event.get("usage").is_none()));
}

#[tokio::test(start_paused = true)]
async fn every_trick_is_played() {
    let demo = demo();
    for dialect in [Dialect::Chat, Dialect::Messages] {
        for (model, status, situation) in [
            ("429", 429, Situation::UpstreamOverloaded),
            ("500", 500, Situation::UpstreamError),
            ("unknown", 404, Situation::Provider(404)),
            ("flaky-", 404, Situation::Provider(404)),
            ("flaky-+1", 404, Situation::Provider(404)),
        ] {
            let (told, body) = ask(&demo, model, dialect, Operation::Converse, &question()).await;
            assert_eq!(told.as_u16(), status, "{model}");
            let failure = demo.failure(told, &HeaderMap::new(), body.unwrap().as_bytes());
            assert_eq!(failure.refusal.situation, situation, "{model}");
        }
        let mut asked = question();
        let (_, body) = ask(&demo, "cut", dialect, Operation::Converse, &asked).await;
        assert!(body.is_err());
        asked["stream"] = true.into();
        let (status, body) = ask(&demo, "cut", dialect, Operation::Converse, &asked).await;
        assert_eq!(status, StatusCode::OK);
        assert!(body.is_err());
        let begun = tokio::time::Instant::now();
        let (_, body) = ask(
            &demo,
            "slow-first-token",
            dialect,
            Operation::Converse,
            &asked,
        )
        .await;
        assert!(body.is_ok() && begun.elapsed() >= SLOW);
    }
}

#[tokio::test(start_paused = true)]
async fn a_flaky_model_fails_the_first_calls_of_each_key() {
    let demo = demo();
    for caller in ["key_1", "key_2"] {
        let mut asked = question();
        asked["caller"] = caller.into();
        let mut seen = Vec::new();
        for _ in 0..5 {
            let (status, _) =
                ask(&demo, "flaky-3", Dialect::Chat, Operation::Converse, &asked).await;
            seen.push(status.as_u16());
        }
        assert_eq!(seen, [500, 500, 500, 200, 200]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_it_does_not_understand_it_says() {
    let demo = demo();
    for (dialect, body) in [
        (Dialect::Chat, json!({"model": "demo"})),
        (Dialect::Chat, json!({"messages": []})),
        (Dialect::Chat, json!({"messages": "hi"})),
        (
            Dialect::Messages,
            json!({"messages": [{"role": "user", "content": "hi"}]}),
        ),
    ] {
        let (status, _) = ask(&demo, "demo", dialect, Operation::Converse, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    }
}
