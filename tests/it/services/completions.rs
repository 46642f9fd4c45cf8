//! Legacy completions, at providers that have them and at those that do not.

use serde_json::{Value, json};

use super::{limited, recorded, scene};
use crate::support::recorded::{Wire, events, objects};
use crate::support::scene::Scene;
use crate::support::spoken;

const PATH: &str = "/v1/completions";
const WHOLE: &str = r#"{"id":"cmpl-1","object":"text_completion","created":1,"model":"c-1","choices":[{"text":" upon","index":0,"logprobs":null,"finish_reason":"length"}],"usage":{"prompt_tokens":4,"completion_tokens":5,"total_tokens":9}}"#;

#[tokio::test]
async fn a_text_is_continued_by_whoever_has_completions() {
    let scene = scene(WHOLE).await;
    for prompt in [
        json!("Once"),
        json!(["a", "b"]),
        json!([1, 2]),
        json!([[1], [2]]),
    ] {
        let body = json!({"model": "chat/c", "prompt": prompt, "suffix": "end", "echo": true,
            "best_of": 2, "logit_bias": {"50256": -100}});
        let answer = scene.client.post(PATH, &[], body.to_string()).await;
        let id = answer.id();
        assert_eq!(answer.header("x-manti-dropped"), "");
        assert_eq!(answer.text().await, WHOLE);
        let seen = scene.upstream.last().await;
        assert_eq!(seen.path, PATH);
        let mut sent = body;
        sent["model"] = "c".into();
        assert_eq!(seen.json(), sent);
        let expected = json!({"endpoint": "completions", "input_tokens": 4, "output_tokens": 5,
            "price_usd": "0.000014000", "model": "c-1", "usage_source": "provider"});
        recorded(&scene, &id, expected).await;
    }
    limited(&scene, PATH, &json!({"model": "chat/c", "prompt": "a"})).await;
}

/// A chunk of a stream.
fn chunk(index: u32, text: &str, finish: &Value) -> String {
    let chunk = json!({"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "c-1",
        "choices": [{"text": text, "index": index, "logprobs": null, "finish_reason": finish}]});
    format!("data: {chunk}\n\n")
}

#[tokio::test]
async fn a_streamed_text_of_several_prompts_is_whole() {
    let scene = Scene::new(|asked| async move {
        let usage =
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":6}}\n\n";
        asked
            .stream([
                chunk(0, "a", &Value::Null),
                chunk(0, "", &json!("stop")),
                chunk(1, "b", &Value::Null),
                chunk(1, "", &json!("stop")),
                usage.to_owned(),
                "data: [DONE]\n\n".to_owned(),
            ])
            .await
    })
    .await;
    let body = json!({"model": "chat/c", "prompt": ["x", "y"], "stream": true});
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    let text = answer.text().await;
    assert_eq!(events(&text).len(), 5, "{text}");
    assert!(text.ends_with("data: [DONE]\n\n"));
    let asked = scene.upstream.last().await.json();
    assert_eq!(asked["stream_options"], json!({"include_usage": true}));
    let expected = json!({"status": "ok", "stream": true, "input_tokens": 4, "output_tokens": 6});
    recorded(&scene, &id, expected).await;
}

#[tokio::test]
async fn elsewhere_a_text_is_a_turn_and_the_answer_its_continuation() {
    let scene = Scene::new(|asked| async move {
        let body = asked.json();
        assert_eq!(body["messages"][0]["role"], "user");
        if body["stream"] == true {
            let pieces = spoken::stream(Wire::Messages, &["upon", " a time"]).all();
            return asked.stream(pieces).await;
        }
        let answer = spoken::plain(Wire::Messages, "upon a time");
        asked.json_answer(200, &answer).await
    })
    .await;
    let mut body = json!({"model": "messages/m", "prompt": "Once", "max_tokens": 9, "stop": ["x"],
        "temperature": 0.5, "suffix": "s", "echo": true, "best_of": 1});
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let id = answer.id();
    assert_eq!(answer.header("x-manti-dropped"), "suffix, echo");
    let told = answer.json().await;
    assert_eq!(told["object"], "text_completion", "{told}");
    assert_eq!(told["choices"][0]["text"], "upon a time", "{told}");
    assert_eq!(told["choices"][0]["finish_reason"], "stop", "{told}");
    assert_eq!(told["usage"]["total_tokens"], 1200, "{told}");
    let seen = scene.upstream.last().await;
    assert_eq!(seen.path, "/v1/messages");
    assert_eq!(seen.json()["max_tokens"], 9);
    assert_eq!(seen.json()["stop_sequences"], json!(["x"]));
    let expected = json!({"endpoint": "completions", "input_tokens": 1000, "output_tokens": 200});
    recorded(&scene, &id, expected).await;

    body["stream"] = true.into();
    body["stream_options"] = json!({"include_usage": true});
    let answer = scene.client.post(PATH, &[], body.to_string()).await;
    let text = answer.text().await;
    let said: String = objects(&events(&text))
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["text"].as_str())
        .collect();
    assert_eq!(said, "upon a time", "{text}");
    assert!(text.contains("\"total_tokens\":1200") && text.ends_with("data: [DONE]\n\n"));

    let strict = [("x-manti-strict", "1")];
    let answer = scene.client.post(PATH, &strict, body.to_string()).await;
    assert_eq!(answer.status, 400);
    for prompt in [json!(["a", "b"]), json!([1, 2]), json!({})] {
        let body = json!({"model": "messages/m", "prompt": prompt});
        let answer = scene.client.post(PATH, &[], body.to_string()).await;
        assert_eq!(answer.status, 400);
        assert_eq!(answer.json().await["error"]["param"], "prompt");
    }
}

#[tokio::test]
async fn the_demo_continues_texts_too() {
    let manti = crate::support::gateway::Gateway::start("").await;
    let client = manti.client().await;
    let body = json!({"model": "demo", "prompt": "Hello"});
    let answer = client.post(PATH, &[], body.to_string()).await;
    assert_eq!(answer.status, 200);
    let told = answer.json().await;
    assert!(!told["choices"][0]["text"].as_str().unwrap().is_empty());
}
