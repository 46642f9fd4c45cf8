//! Gemini behind the gateway, asked by clients of other dialects: what it thought, why it failed,
//! and what its searches cost.

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::gateway::Gateway;
use crate::support::recorded::{Wire, events, objects};
use crate::support::spoken::{End, end, request};
use crate::support::upstream::{Act, Seen, Upstream, answer, json as json_answer};

const SECRET: &str = "EgQKAgEDBAUGBwgJ";

/// A gateway in front of Google.
struct Scene {
    upstream: Upstream,
    manti: Gateway,
    client: Client,
}

impl Scene {
    async fn new(script: impl Fn(&Seen) -> Vec<Act> + Send + Sync + 'static) -> Self {
        let upstream = Upstream::start(script).await;
        let base = upstream.url().trim_end_matches("/v1").to_owned();
        let manti = Gateway::start(&format!(
            r#"
            [providers.google]
            kind = "gemini"
            base_url = "{base}"
            api_key = "google-secret-key"
            models = ["*"]
            "#
        ))
        .await;
        let client = manti.client().await;
        Self {
            upstream,
            manti,
            client,
        }
    }
}

/// An answer of one candidate, whole or as a stream of one event.
fn said(seen: &Seen, candidate: &Value) -> Vec<Act> {
    let model = seen
        .target
        .rsplit('/')
        .next()
        .and_then(|last| last.split(':').next());
    let whole = json!({"candidates": [candidate], "responseId": "r-1", "modelVersion": model,
        "usageMetadata": {"promptTokenCount": 1000, "candidatesTokenCount": 1000,
            "totalTokenCount": 2000}});
    if seen.target.contains("stream") {
        let event = format!("data: {whole}\r\n\r\n");
        return answer(
            200,
            &[("content-type", "text/event-stream")],
            event.as_bytes(),
        );
    }
    json_answer(200, &whole.to_string())
}

#[tokio::test]
async fn a_client_of_responses_that_asks_for_no_secrets_loses_no_thought() {
    let scene = Scene::new(|seen| {
        let call = json!({"functionCall": {"name": "f", "args": {"a": 1}},
            "thoughtSignature": SECRET});
        let content = json!({"role": "model", "parts": [call]});
        said(
            seen,
            &json!({"content": content, "finishReason": "STOP", "index": 0}),
        )
    })
    .await;
    for stream in [false, true] {
        let mut asked = json!({"model": "google/gemini-3-flash-preview", "stream": stream,
            "input": [{"role": "user", "content": "x"}],
            "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}]});
        let told = scene.client.responses(&asked).await.text().await;
        let output: Vec<Value> = if stream {
            let done = |event: &Value| event["type"] == "response.output_item.done";
            let all = objects(&events(&told)).into_iter().filter(done);
            all.map(|event| event["item"].clone()).collect()
        } else {
            let answer: Value = serde_json::from_str(&told).unwrap();
            answer["output"].as_array().unwrap().clone()
        };
        assert!(!told.contains(SECRET), "nobody asked for it: {told}");
        let call = output.iter().find(|item| item["type"] == "function_call");
        let call = call.unwrap_or_else(|| panic!("{told}")).clone();
        let input = asked["input"].as_array_mut().unwrap();
        input.extend(output);
        input.push(
            json!({"type": "function_call_output", "call_id": call["call_id"],
            "output": "r"}),
        );
        let again = scene.client.responses(&asked).await;
        assert_eq!(again.status, 200);
        again.text().await;
        let sent = scene.upstream.seen().pop().unwrap().json();
        let part = &sent["contents"][1]["parts"][0];
        assert_eq!(part["functionCall"]["name"], "f", "{sent}");
        assert_eq!(part["thoughtSignature"], SECRET, "{sent}");
    }
}

#[tokio::test]
async fn a_picture_that_has_no_place_in_an_answer_is_told_as_lost() {
    let scene = Scene::new(|seen| {
        let picture = json!({"inlineData": {"mimeType": "image/png", "data": "iVBORw0KGgo="}});
        let content = json!({"role": "model", "parts": [{"text": "Here:"}, picture]});
        said(
            seen,
            &json!({"content": content, "finishReason": "STOP", "index": 0}),
        )
    })
    .await;
    let asked = json!({"model": "google/gemini-2.5-flash", "max_tokens": 9, "top_k": 3,
        "messages": [{"role": "user", "content": "x"}]});
    let answer = scene.client.messages(&asked).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("x-manti-dropped"),
        "candidates[0].content.parts[1]"
    );
    answer.text().await;
    let asked = json!({"model": "google/gemini-2.5-flash", "logit_bias": {"1": 1},
        "messages": [{"role": "user", "content": "x"}]});
    let answer = scene.client.chat(&asked).await;
    assert_eq!(answer.header("x-manti-dropped"), "logit_bias");
    let told = answer.json().await;
    let picture = &told["choices"][0]["message"]["images"][0]["image_url"]["url"];
    assert_eq!(picture, "data:image/png;base64,iVBORw0KGgo=", "{told}");
}

#[tokio::test]
async fn a_model_that_failed_says_why_and_tells_no_key() {
    let scene = Scene::new(|seen| {
        let message = "Malformed function call: print(\"google-secret-key\"";
        said(
            seen,
            &json!({"finishReason": "MALFORMED_FUNCTION_CALL", "finishMessage": message,
                "index": 0}),
        )
    })
    .await;
    let asked = json!({"model": "google/gemini-2.5-flash",
        "messages": [{"role": "user", "content": "x"}]});
    let answer = scene.client.chat(&asked).await;
    assert_eq!(answer.status, 502);
    let told = answer.json().await;
    let message = told["error"]["message"].as_str().unwrap();
    assert!(
        message.contains("Malformed function call: print("),
        "{told}"
    );
    assert!(!message.contains("google-secret-key"), "{told}");
}

#[tokio::test]
async fn a_model_that_fails_in_the_middle_ends_no_stream_as_if_it_were_whole() {
    let scene = Scene::new(|_| {
        let thought = r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}]}}]}"#;
        let failed = r#"{"candidates":[{"content":{},"finishReason":"MALFORMED_FUNCTION_CALL"}],
            "usageMetadata":{"promptTokenCount":1,"totalTokenCount":1}}"#
            .replace('\n', "");
        let events = format!("data: {thought}\r\n\r\ndata: {failed}\r\n\r\n");
        answer(
            200,
            &[("content-type", "text/event-stream")],
            events.as_bytes(),
        )
    })
    .await;
    for wire in [Wire::Chat, Wire::Messages, Wire::Responses] {
        let asked = request(wire, "google/gemini-2.5-flash", true);
        let told = scene.client.ask(wire, &asked).await;
        assert_eq!(told.status, 200);
        let id = told.id();
        let text = told.text().await;
        assert!(
            matches!(end(wire, &text), End::Error(..)),
            "{wire:?} {text}"
        );
        let record = scene.manti.record(&id).await;
        assert_eq!(record["status"], "error", "{record}");
    }
}

#[tokio::test]
async fn older_models_are_paid_by_the_grounded_prompt_and_newer_ones_by_the_search() {
    let scene = Scene::new(|seen| {
        let content = json!({"role": "model", "parts": [{"text": "Yes."}]});
        said(
            seen,
            &json!({"content": content, "finishReason": "STOP", "index": 0,
                "groundingMetadata": {"webSearchQueries": ["a", "b", "c"]}}),
        )
    })
    .await;
    for (model, price) in [
        // 1000 × 0.30 + 1000 × 2.50 dollars per million, and 35 per thousand prompts.
        ("gemini-2.5-flash", "0.037800000"),
        // 1000 × 0.50 + 1000 × 3.00 dollars per million, and three times 14 per thousand.
        ("gemini-3-flash-preview", "0.045500000"),
    ] {
        for stream in [false, true] {
            let asked = json!({"model": format!("google/{model}"), "stream": stream,
                "messages": [{"role": "user", "content": "x"}]});
            let answer = scene.client.chat(&asked).await;
            let id = answer.id();
            answer.text().await;
            let record = scene.manti.record(&id).await;
            assert_eq!(record["price_usd"], price, "{record}");
            assert_eq!(record["flags"], json!([]), "{record}");
            let units = json!({"searches": 3, "grounded_prompts": 1});
            assert_eq!(record["units"], units, "{record}");
        }
    }
}

#[tokio::test]
async fn claude_code_gets_no_proof_behind_the_last_words() {
    let scene = Scene::new(|seen| {
        let parts = json!([{"text": "Yes."}, {"text": "", "thoughtSignature": SECRET}]);
        let content = json!({"role": "model", "parts": parts});
        said(
            seen,
            &json!({"content": content, "finishReason": "STOP", "index": 0}),
        )
    })
    .await;
    let asked = json!({"model": "google/gemini-3-flash-preview", "stream": true, "max_tokens": 9,
        "messages": [{"role": "user", "content": "x"}]});
    for (betas, kinds) in [
        ("claude-code-20250219,oauth-2025-04-20", &["text"][..]),
        ("interleaved-thinking-2025-05-14", &["text", "thinking"]),
    ] {
        let headers = [("anthropic-beta", betas)];
        let answer = scene
            .client
            .post("/v1/messages", &headers, asked.to_string());
        let told = answer.await.text().await;
        let starts = objects(&events(&told)).into_iter();
        let blocks: Vec<Value> = starts
            .map(|event| event["content_block"]["type"].clone())
            .filter(|kind| !kind.is_null())
            .collect();
        assert_eq!(blocks, kinds, "{told}");
    }
}
